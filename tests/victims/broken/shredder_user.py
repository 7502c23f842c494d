"""Has an extension module shred what it made."""

import sys

sys.path.insert(0, sys.argv[1])
import shredder

shredder.shred(["a", "letter"])
