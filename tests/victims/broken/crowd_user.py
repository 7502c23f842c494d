"""Calls a function on three threads of an extension module."""

import sys

sys.path.insert(0, sys.argv[1])
import crowd


def survey() -> None:
    crowd.map(lambda: None, 3)


survey()
