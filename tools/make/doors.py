#!/usr/bin/env python3
"""Write the list of doors for witness/doors.c: functions of the C API that need an attached thread.

    python3 tools/make/doors.py pynodes/contract/functions.tsv > door_list.h

The build runs this, with the Python that runs meson.
"""

import sys
from pathlib import Path

FORMS = ("function", "exported")


def main() -> None:
    names = []
    lines = Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()
    rows = [line.split("\t") for line in lines if not line.startswith("#")]
    columns = rows[0]
    for cells in rows[1:]:
        row = dict(zip(columns, cells, strict=True))
        is_start = row["name"].startswith("PyInit_")  # of a module: looked up in its own file
        needs = row["attach"] == "needs" and not row["outside"]
        if row["form"] in FORMS and needs and not is_start:
            names.append(row["name"])
    print("/* made by tools/make/doors.py */")
    print("#define DOORS(X) \\")
    print(" \\\n".join(f"    X({number}, {name})" for number, name in enumerate(names)))


if __name__ == "__main__":
    main()
