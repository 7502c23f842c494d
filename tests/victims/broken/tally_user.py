"""Has an extension module keep a reference for a while."""

import sys

sys.path.insert(0, sys.argv[1])
import tally

tally.count(object())
