"""From a process, a core file or the witness's notes to evidence.

`python_state` and `inside_gdb` run inside gdb's Python as well, whatever its version: they import
nothing of the package but each other.
"""
