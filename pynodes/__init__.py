"""A C host renders scenes through Python nodes on many threads; this package is its outside.

Two worlds share the name. `pynodes.nodes` and `pynodes.scene` are imported *inside* the host and
use the standard library alone; everything else runs in the process of the `pynodes` command.
Neither imports the other, so this file imports nothing.
"""
