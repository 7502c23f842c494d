"""Compiled nodes: a node's `__call__` as C, to the last bit what CPython computes.

The source of `__call__` is translated with what it can see: the attributes that `__init__` gave to
`self`, constants and functions of its module. What cannot be shown equal is not compiled, with a
line that says why; what a sample meets that C cannot finish is left to the interpreter, for that
sample. docs/compiled.md has the rules. The standard library only: it runs inside the host.
"""
