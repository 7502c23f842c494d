"""A case as one C file that depends on nothing but CPython."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import wrap

from pynodes import outputs
from pynodes.errors import needed
from pynodes.repro.catalog import Case, PythonBuild, expected_lines, source_of, source_path

_OURS = re.compile(r'^#include "fault/(\w+\.h)"\n', re.MULTILINE)


def export(case: Case, folder: Path, python: PythonBuild) -> tuple[Path, list[str]]:
    """Write the file; returns it and the lines that build it, broken and right.

    Raises:
        CannotStartError: the folder cannot be made or written to.
    """
    path = folder / f"{case.name.replace('-', '_')}.c"
    with needed(f"cannot write {path}", folder, "name a folder that can be written to"):
        outputs.make_folder(folder)
        outputs.write(path, [export_text(case, python)])
    return path, build_lines(path.stem, python)


def build_lines(stem: str, python: PythonBuild) -> list[str]:
    """Shell lines that build the broken and the right program in the file's folder."""
    config = f"python{python.label}-config"
    flags = f"$({config} --includes) $({config} --embed --ldflags)"
    rpath = f"-Wl,-rpath,$({config} --prefix)/lib"
    return [
        f"cc -g -O1 -pthread {stem}.c -o {stem} {flags} {rpath}",
        f"cc -g -O1 -pthread -DFIXED {stem}.c -o {stem}_fixed {flags} {rpath}",
    ]


def export_text(case: Case, python: PythonBuild) -> str:
    """The skeleton, the case and a main(), in this order."""
    pasted: set[str] = set()
    symbol = f"pn_fault_{case.name.replace('-', '_')}"
    parts = [
        _head(case, python),
        "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE\n#endif\n",
        _inlined(source_path("rig_alone.h").read_text(encoding="utf-8"), pasted),
        f"/* --- the case: {case.name} --- */\n",
        _inlined(source_of(case), {*pasted, "rig_alone.h"}),
        f"int main(int argc, char **argv)\n{{\n    return alone_main(&{symbol}, argc, argv);\n}}\n",
    ]
    return "\n".join(parts)


def _inlined(text: str, pasted: set[str]) -> str:
    """The text with each of our headers in the place where it is first asked for."""

    def paste(found: re.Match[str]) -> str:
        name = found[1]
        if name in pasted:
            return ""
        pasted.add(name)
        return _inlined(source_path(name).read_text(encoding="utf-8"), pasted)

    return _OURS.sub(paste, text)


def _head(case: Case, python: PythonBuild) -> str:
    expectation = case.expect(python)
    seen = f"on Python {python.label} ({python.version}) expect: {expectation or 'not known'}"
    if case.says:
        seen += f". A right run says: {case.says}"
    others = "; ".join(f"{where}: {what}" for where, what in expected_lines(case))
    paragraphs = [
        f"{case.name}: {case.story}",
        f"Met in: {case.origin}.",
        f"Cure: {case.cure}.",
        f"Broken, {seen}.",
        f"The last of these that fits holds for another Python: {others}.",
        "With -DFIXED it ends well each time.",
        "A wrong image shows as another sum, a leak as a greater number in the line `left:`.",
        *([case.note] if case.note else []),
    ]
    lines = [line for text in paragraphs for line in [*wrap(text, 92), ""]]
    lines += [
        *build_lines(case.name.replace("-", "_"), python),
        "",
        "Made by `pynodes repro export`.",
    ]
    return "/* " + "\n".join(f" * {line}".rstrip() for line in lines)[3:] + "\n */\n"
