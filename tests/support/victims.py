"""Builds the programs of tests/victims against one Python, each once a session."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
from dataclasses import dataclass, replace
from pathlib import Path

VICTIMS = Path(__file__).resolve().parent.parent / "victims"
PROBE = Path(__file__).resolve().parent.parent.parent / "tools" / "probe_python.py"


@dataclass(frozen=True)
class Kit:
    """A Python to build against, as tools/probe_python.py describes it."""

    python: str
    facts: dict[str, str]
    folder: Path
    prefix: tuple[str, ...] = ()  # before every command, such as chroot and its folder
    flags: tuple[str, ...] = ()  # for the compiler, besides the usual

    @property
    def missing(self) -> str:
        """Why nothing can be built here; empty when it can."""
        if shutil.which("cc") is None:
            return "no C compiler, cc"
        return self.facts.get("problem", "no answer from the Python")


def has_cxx() -> bool:
    return shutil.which(os.environ.get("CXX", "c++")) is not None


def make_kit(python: str, folder: Path, prefix: tuple[str, ...] = (), kind: str = "auto") -> Kit:
    said = subprocess.run(
        [*prefix, python, PROBE, kind], capture_output=True, text=True, timeout=60, check=False
    ).stdout
    facts = dict(line.split("\t", 1) for line in said.splitlines() if "\t" in line)
    return Kit(python, facts, folder, prefix)


def build(kit: Kit, source: str) -> Path:
    """A program from `broken/x.c`, a file elsewhere, or all C files of the folder `broken/x`."""
    path = VICTIMS / source
    sources = sorted(path.glob("*.c")) if path.is_dir() else [path]
    out = kit.folder / path.stem
    _compile(kit, out, sources, ["-O1"], _link(kit))
    return out


def _link(kit: Kit) -> list[str]:
    facts = kit.facts
    if facts["kind"] == "shared":
        return [facts["library"], f"-Wl,-rpath,{facts['libdir']}"]
    return [*shlex.split(facts["link_args"]), "-rdynamic"]


def build_library(kit: Kit, source: str, name: str, *more: str, linked: bool = False) -> Path:
    """A shared library, or an extension module, from one C file; may bring libpython along.

    Args:
        more: for the compiler.
    """
    out = kit.folder / name
    link = ["-shared", "-fPIC", *more, *(_link(kit) if linked else ())]
    _compile(kit, out, [VICTIMS / source], ["-O1"], link)
    return out


def with_stripped_library(kit: Kit) -> Kit:
    """The same with a copy of libpython that has no names but those it exports."""
    name = Path(kit.facts["library"]).resolve().name
    copy = kit.folder / name
    if not copy.exists():
        subprocess.run([*kit.prefix, "strip", "-o", copy, kit.facts["library"]], check=True)
    facts = {**kit.facts, "library": str(copy), "libdir": str(kit.folder)}
    return replace(kit, facts=facts)


def extension_suffix(kit: Kit) -> str:
    return subprocess.run(
        [
            *kit.prefix,
            kit.python,
            "-c",
            "import sysconfig; print(sysconfig.get_config_var('EXT_SUFFIX'))",
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    ).stdout.strip()


def wrong_lines(source: str) -> set[tuple[str, int]]:
    """File names and lines marked WRONG."""
    path = VICTIMS / source
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return {
        (file.name, number)
        for file in files
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"/[/*] WRONG", line)
    }


def _compile(kit: Kit, out: Path, sources: list[Path], flags: list[str], link: list[str]) -> None:
    if out.exists():
        return
    kind = "c++" if sources[0].suffix == ".cpp" else "cc"
    compiler = os.environ.get("CXX" if kind == "c++" else "CC", kind)
    begun = out.with_name(f".{out.name}.{os.getpid()}")
    command = [*kit.prefix, *shlex.split(compiler), "-g", "-w", "-pthread", *flags, *kit.flags]
    command += [f"-I{kit.facts['include']}", *map(str, sources)]
    subprocess.run(
        [*command, "-o", str(begun), *link],
        check=True,
        capture_output=True,
        text=True,
        timeout=120,
    )
    begun.rename(out)
