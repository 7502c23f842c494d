"""What a look at a process has seen, in kinds of values: made by every collector, kept as JSON.

gdb's own Python makes them too, whatever its version: what is here keeps to the standard library,
and to the syntax of Python 3.9.
"""
