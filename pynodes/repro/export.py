"""A case as one C file that depends on nothing but CPython."""

from __future__ import annotations

import re
from pathlib import Path

from pynodes import outputs
from pynodes.errors import needed
from pynodes.repro.catalog import Case, PythonBuild, expected_lines, source_of, source_path
from pynodes.words import wrapped

_OURS = re.compile(r'^#include "fault/(\w+\.h)"\n', re.MULTILINE)
_GUARD = re.compile(
    r"^#ifndef (PN_FAULT_\w+_H)\n#define \1\n(.*)^#endif\n", re.MULTILINE | re.DOTALL
)
_DECLARED = re.compile(
    r"^#define (\w+)|^typedef [^\n(]*?(\w+)(?:\(.*\))?;|^\} (\w+);|^struct (\w+) \{"
    r"|^(?:\w+ )+\**(\w+)\(",
    re.MULTILINE,
)
_ALWAYS = re.compile(r"^#include|\benum\b", re.MULTILINE)
_COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


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
    """What the case uses of the rig, the case, then those parts of the rig, and main()."""
    pasted = {"rig.h"}
    symbol = f"pn_fault_{case.name.replace('-', '_')}"
    main = (
        f"int main(int argc, char **argv)\n{{\n    return alone_main(&{symbol}, argc, argv);\n}}\n"
    )
    the_case = _inlined(source_of(case), pasted)
    declarations = _paragraphs(_pasted("rig.h", set()))
    first = _needed(declarations, the_case)
    rest = [each for each in declarations if each not in first]
    host = _needed([*rest, *_paragraphs(_pasted("rig_alone.h", pasted))], the_case + main)
    parts = [
        _head(case, python),
        "#ifndef _GNU_SOURCE\n#define _GNU_SOURCE\n#endif",
        "/* --- what the case uses of the host below --- */",
        *first,
        f"/* --- the case: {case.name} --- */",
        the_case,
        "/* --- a small host --- */",
        *host,
        main,
    ]
    whole = "\n\n".join(part.strip("\n") for part in parts) + "\n"
    return re.sub(r"\n{3,}", "\n\n", whole)


def _paragraphs(text: str) -> list[str]:
    """Declarations and functions, with the comments above them."""
    return re.split(r"\n\n+(?![ }\n])", text.strip("\n"))


def _needed(paragraphs: list[str], text: str) -> list[str]:
    """Those that the text needs, and those that these need; of the others only what declares no
    name that is recognised."""
    codes = [_COMMENT.sub("", paragraph) for paragraph in paragraphs]
    declared = [
        {name for found in _DECLARED.findall(code) for name in found if name} for code in codes
    ]
    words = set(re.findall(r"\w+", _COMMENT.sub("", text)))
    kept: set[int] = set()
    grown = True
    while grown:
        new = {
            i
            for i, names in enumerate(declared)
            if i not in kept and (not names or names & words or _ALWAYS.search(codes[i]))
        }
        kept |= new
        words.update(word for i in new for word in re.findall(r"\w+", codes[i]))
        grown = bool(new)
    return [paragraphs[i] for i in sorted(kept) if codes[i].strip()]  # no comment by itself


def _pasted(name: str, pasted: set[str]) -> str:
    """One of our headers, without its guard."""
    pasted.add(name)
    text = source_path(name).read_text(encoding="utf-8")
    return _inlined(_GUARD.sub(r"\2", text), pasted)


def _inlined(text: str, pasted: set[str]) -> str:
    """The text with each of our headers in the place where it is first asked for."""

    def paste(found: re.Match[str]) -> str:
        name = found[1]
        return "" if name in pasted else _pasted(name, pasted)

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
    lines = [line for text in paragraphs for line in [*wrapped(text, 92), ""]]
    lines += [
        *build_lines(case.name.replace("-", "_"), python),
        "",
        "Made by `pynodes repro export`.",
    ]
    return "/* " + "\n".join(f" * {line}".rstrip() for line in lines)[3:] + "\n */\n"
