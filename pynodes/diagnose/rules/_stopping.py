"""The functions that stop Python, or an interpreter of it."""

from __future__ import annotations

ENDING = "Py_EndInterpreter"
STOPPING = frozenset({"Py_FinalizeEx", "_Py_Finalize", "Py_Finalize", ENDING})
