"""The rules: from evidence to findings, one family of mistakes a file, of the same name.

A rule sees an `Evidence` and nothing else. It yields a finding only when nothing healthy looks the
same; it says `certain` only when the evidence admits no other cause. To add one: a module here with
`find(evidence)`, its row in families.py, recorded evidence in tests/unit/diagnose.
"""
