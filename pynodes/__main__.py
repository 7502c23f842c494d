"""`python -m pynodes` is the `pynodes` command."""

from __future__ import annotations

import sys

from pynodes.cli import main

if __name__ == "__main__":
    sys.exit(main())
