"""From a process, a core file or the witness's notes to looks.

`python_state`, `calls` and `inside_gdb` run inside gdb's own Python as well, whatever its version:
they keep to the standard library, `look`, and the syntax of Python 3.9.
"""
