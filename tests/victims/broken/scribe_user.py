"""Has an extension module call a function that raises, on a thread of the module's own."""

import sys

sys.path.insert(0, sys.argv[1])
import scribe


def survey() -> None:
    raise LookupError("nobody hears of it")


scribe.note(survey)
