#!/usr/bin/env python3
"""Write the list of the C API, pynodes/contract/functions.tsv, and the tables in docs/ made of it.

    python3 tools/make/contract.py [--check]                   docs, from the list
    python3 tools/make/contract.py --manual HTML PYTHON...     the list too

HTML is the folder of the newest manual, as distributions package it. PYTHON is a program, or
VERSION=HEADERS,LIBRARY for one that does not run here; the list says which ones were looked at.
Public headers give macros, inline functions and functions; the library, what is exported; the
manual, what is documented of them; pynodes/contract/exceptions.toml goes before the manual.
"""

from __future__ import annotations

import argparse
import html
import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from tables import ROOT, main, page_with, table

sys.path.insert(0, str(ROOT))

from pynodes.contract.table import MEANINGS, Attach, Function, functions

FOLDER = ROOT / "pynodes" / "contract"
LIST = FOLDER / "functions.tsv"
COLUMNS = Function._fields

PROBE = """
import json, os, sys, sysconfig
var = sysconfig.get_config_var
free = "t" if var("Py_GIL_DISABLED") else ""
print(json.dumps([f"{sys.version_info[0]}.{sys.version_info[1]}{free}",
    sysconfig.get_path("include"), os.path.join(var("LIBDIR"), var("INSTSONAME"))]))
"""

DECLARED = re.compile(r"\bPyAPI_FUNC\s*\([^()]*(?:\([^()]*\))?[^()]*\)\s*(_?Py\w+)\s*\(")
INLINE = re.compile(r"^\s*static\s+inline\s+[\w\s*]*?\b(_?Py\w+)\s*\(", re.MULTILINE)
MACRO = re.compile(r"^\s*#\s*define\s+(_?Py\w+)\(", re.MULTILINE)
STATEMENT = re.compile(
    r"^\s*#\s*define\s+(Py_(?:BEGIN|END|RETURN|BLOCK|UNBLOCK)_\w+)", re.MULTILINE
)
HEADER_GUARD = re.compile(r"_H$")

# What the manual's sentences say, in order of trust.
SENTENCES = (
    (re.compile(r"async-signal-safe"), "handler", "yes"),
    (
        re.compile(r"(doesn.t|does not) need (to hold )?an attached thread state"),
        "attach",
        "either",
    ),
    (
        re.compile(r"called without an attached thread state|attached thread state is not needed"),
        "attach",
        "either",
    ),
    (re.compile(r"safe to call before Py_Initialize"), "outside", "before"),
)
STEALS = re.compile(r"[^.]*\bsteals”? (?:a|the) references? (?:of the|to) (\w+)[^.]*\.")
NOT_STOLEN = re.compile(r"not “?steal")


class Found(NamedTuple):
    """Of one Python: names in its public headers by form, and those that its library exports."""

    version: str
    forms: Mapping[str, str]
    exported: frozenset[str]


def look(python: str) -> Found:
    """What one Python has."""
    if "=" in python:
        version, _, places = python.partition("=")
        include, _, library = places.partition(",")
    else:
        command = [python, "-c", PROBE]
        said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        version, include, library = json.loads(said)
    forms: dict[str, str] = {}
    folder = Path(include)
    for path in (*sorted(folder.glob("*.h")), *sorted(folder.glob("cpython/*.h"))):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for form, pattern in (("macro", MACRO), ("macro", STATEMENT), ("inline", INLINE)):
            forms |= dict.fromkeys(pattern.findall(text), form)
        declared = dict.fromkeys(DECLARED.findall(text), "function")
        forms |= {name: form for name, form in declared.items() if forms.get(name) != "inline"}
    command = ["nm", "-D", "--defined-only", library]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (line.split() for line in said.splitlines())
    exported = {row[2].partition("@")[0] for row in rows if row[1] in "TW"}
    named = {name: form for name, form in forms.items() if not HEADER_GUARD.search(name)}
    return Found(version, named, frozenset(n for n in exported if re.match(r"_?Py", n)))


def documented(manual: Path) -> dict[str, dict[str, str]]:
    """What the manual says of each function and macro, by column."""
    found: dict[str, dict[str, str]] = {}
    for page in sorted(manual.glob("*.html")):
        parts = re.split(r'(?=<dl class="c )', page.read_text(encoding="utf-8"))[1:]
        for part in parts:
            names = re.findall(r'<dt class="sig sig-object c" id="c\.(\w+)">', part)
            body = part.partition("<dd>")[2].partition("</dd>")[0]
            for name in names:
                found[name] = _said(body)
    return found


def _said(body: str) -> dict[str, str]:
    said: dict[str, str] = {}
    if result := re.search(r'"refcount return_(new|borrowed)_ref"', body):
        said["result"] = result[1]
    if level := re.search(r'"threadsafety threadsafety-(\w+)"', body):
        said["threads"] = level[1]
    text = html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", body)))
    for pattern, column, value in SENTENCES:
        if pattern.search(text):
            said.setdefault(column, value)
    stolen = [m[1] for m in STEALS.finditer(text) if not NOT_STOLEN.search(m[0])]
    if stolen:
        said["steals"] = " ".join(dict.fromkeys(stolen))
    return said


def exceptions() -> list[dict[str, object]]:
    entries = tomllib.loads((FOLDER / "exceptions.toml").read_text(encoding="utf-8"))["exception"]
    for entry in entries:
        extra = set(entry) - {"names", "source", *COLUMNS}
        if extra or not entry.get("source"):
            raise ValueError(f"an exception has {sorted(extra) or 'no source'}: {entry['names']}")
    return list(entries)


def rows(found: Sequence[Found], manual: Mapping[str, Mapping[str, str]]) -> Iterator[Function]:
    """A row for each name that any of these Pythons has."""
    excepted = exceptions()
    names = sorted({name for each in found for name in (*each.forms, *each.exported)})
    for name in names:
        having = [each for each in found if name in each.forms or name in each.exported]
        form = next((f for each in reversed(having) if (f := each.forms.get(name))), "exported")
        values: dict[str, str] = {}
        for entry in excepted:
            patterns = entry["names"]
            assert isinstance(patterns, list)
            if any(fnmatchcase(name, pattern) for pattern in patterns):
                for column in set(COLUMNS) & set(entry):
                    values.setdefault(column, str(entry[column]))
        values = {**manual.get(name, {}), **values}
        default = Attach.UNKNOWN if name.startswith("_") and name not in manual else Attach.NEEDS
        values.setdefault("attach", default)
        values |= {"name": name, "form": form, "pythons": _span(having, found)}
        yield Function(*(values.get(column, "") for column in COLUMNS))


def _span(having: Sequence[Found], found: Sequence[Found]) -> str:
    """The versions as stretches of those looked at."""
    with_gil = [each.version for each in found if not each.version.endswith("t")]
    mine = [each.version for each in having if not each.version.endswith("t")]
    if not mine:
        return " ".join(each.version for each in having)
    stretches: list[list[str]] = []
    for version in with_gil:
        if version in mine:
            i = with_gil.index(version)
            if stretches and i and stretches[-1][-1] == with_gil[i - 1]:
                stretches[-1].append(version)
            else:
                stretches.append([version])
    return " ".join(s[0] if len(s) == 1 else f"{s[0]}-{s[-1]}" for s in stretches)


def written(found: Sequence[Found], manual: Mapping[str, Mapping[str, str]]) -> str:
    """The text of the list."""
    versions = ", ".join(each.version for each in found)
    lines = [f"# written by tools/make/contract.py, of {versions}", "\t".join(COLUMNS)]
    lines += ["\t".join(row).rstrip("\n") for row in rows(found, manual)]
    return "\n".join(lines) + "\n"


def changing() -> Iterator[Sequence[str]]:
    """Who attaches and who detaches."""
    for attach, meaning in MEANINGS.items():
        if attach not in (Attach.NEEDS, Attach.EITHER, Attach.UNKNOWN):
            names = [row for row in functions().values() if row.attach == attach]
            shown = ", ".join(f"`{row.name}` ({row.pythons})" for row in names)
            yield f"`{attach}`", meaning, shown


def counted() -> Iterator[Sequence[str]]:
    """How many rows say what."""
    every = list(functions().values())
    for attach, meaning in MEANINGS.items():
        yield f"`{attach}`", meaning, str(sum(row.attach == attach for row in every))


def special() -> Iterator[Sequence[str]]:
    """Those that may be called where others may not."""
    for row in functions().values():
        if row.handler or row.outside:
            where = [f"{row.outside} Python runs"] if row.outside else []
            where += ["in a signal handler"] if row.handler else []
            yield f"`{row.name}`", ", ".join(where), row.pythons


def pages() -> dict[Path, str]:
    texts = {
        "docs/embedding.md": {
            "attaching": table(("", "what it does", "functions, and Pythons"), changing())
        },
        "docs/contract.md": {
            "attach": table(("`attach`", "meaning", "rows"), counted()),
            "special": table(("", "may be called", "Pythons"), special()),
        },
    }
    return dict(page_with(name, marks) for name, marks in texts.items())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pythons", nargs="*")
    parser.add_argument("--manual", type=Path)
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    if options.pythons:
        if options.manual is None:
            parser.error("--manual names the folder with the C API's pages")
        text = written([look(each) for each in options.pythons], documented(options.manual))
        LIST.write_text(text, encoding="utf-8")
        functions.cache_clear()
    sys.exit(main(pages()))
