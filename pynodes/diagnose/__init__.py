"""What went wrong between a program's threads and CPython: evidence, rules, findings.

`collect` looks at a process and writes evidence; `rules` read evidence and nothing else; `run`
starts and watches the program. Nothing here prints.
"""
