"""What was seen of a process, in the terms that rules speak: threads, who is attached, who waits.

Nothing here looks at a process, and nothing decides what is wrong; `assemble` makes it of a look.
"""

from pynodes.diagnose.evidence.evidence import Evidence, Interpreter
from pynodes.diagnose.evidence.frames import HANDLED, Frame, Note
from pynodes.diagnose.evidence.threads import Incident, Thread, Wait

__all__ = ["HANDLED", "Evidence", "Frame", "Incident", "Interpreter", "Note", "Thread", "Wait"]
