"""Reads C and C++ sources: is every path through them attached where it must be?

`clang` parses a file, `lower` makes a graph of each function, `flow` follows all paths through them
with what `calls` knows of each call, `judge` says what is wrong.
"""
