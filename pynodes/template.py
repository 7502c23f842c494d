"""A small host of one's own: copies the files in the folder `_template`, under another name."""

from __future__ import annotations

import os
import re
from pathlib import Path

from pynodes import files, outputs
from pynodes.errors import BadValueError, CannotStartError, needed

# The name that the files carry; it is replaced where it stands as a word.
OWN_NAME = "myhost"

# What is written: name there, name of the file here.
FILES = {
    "README.md": "README.md",
    "attach.h": "attach.h",
    "pynodes_attach.h": "pynodes_attach.h",
    "host.c": "host.c",
    "host_cpp.cpp": "host_cpp.cpp",
    "plugin.py": "plugin.py",
    "meson.build": "meson.build",
    "meson.options": "meson.options",
    "CMakeLists.txt": "CMakeLists.txt",
    "find_python.py": "probe_python.py",
    "check.py": "check.py",
}

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
# Targets that meson and CMake have already, and what the build makes beside the program.
_TAKEN = frozenset(
    ("all", "benchmark", "clean", "coverage", "dist", "distcheck", "edit_cache", "help", "install",
     "list_install_components", "package", "phony", "python_embed", "rebuild_cache", "reconfigure",
     "scan-build", "test", "uninstall")
)  # fmt: skip
_TAKEN_STARTS = ("meson-", "clean-", "coverage-")


def check_name(name: str) -> str:
    """The name of the program to be.

    Raises:
        BadValueError: the build files could not use it.
    """
    if _NAME.fullmatch(name) is None:
        raise BadValueError(
            f"{name!r} is no name for a program",
            where="--name",
            help="give --name a letter, then letters, digits, - and _, 64 at most",
        )
    if name.lower() in _TAKEN or name.lower().startswith(_TAKEN_STARTS):
        raise BadValueError(
            f"build tools use the name {name!r} themselves",
            where="--name",
            help="give --name another one",
        )
    return name


def write_template(folder: Path, name: str, *, force: bool = False) -> list[Path]:
    """Write all files; returns them.

    Raises:
        BadValueError: the name does not do.
        CannotStartError: files are there already, or cannot be written. Nothing was overwritten.
    """
    check_name(name)
    texts = {there: _text(here, name) for there, here in FILES.items()}
    help = "name a folder that can be written to"
    with needed("the folder cannot be written", folder, help):
        if folder.is_symlink() or files.kind_of(folder):
            _check_present(folder, force=force)
        outputs.make_folder(folder)
    for there, text in texts.items():
        outputs.write(folder / there, [text], help=help)
    return [folder / there for there in FILES]


def _check_present(folder: Path, *, force: bool) -> None:
    if files.kind_of(folder) != files.FOLDER:
        raise CannotStartError(f"{folder} is not a folder", str(folder), "name another folder")
    present = [there for there in FILES if os.path.lexists(folder / there)]
    if present and not force:
        raise CannotStartError(
            f"{', '.join(present)} would be overwritten",
            where=str(folder),
            help="name another folder, or give --force to overwrite them",
        )


def _text(here: str, name: str) -> str:
    return re.sub(rf"\b{OWN_NAME}\b", name, source_path(here).read_text(encoding="utf-8"))


def source_path(name: str) -> Path:
    """A file of the template, installed with the package or in the source tree."""
    package = Path(__file__).parent
    root = package.parent
    for folder in (package / "_template", root / "tools"):
        if (folder / name).is_file():
            return folder / name
    raise CannotStartError(
        f"the template's {name} is not here",
        where=str(package / "_template"),
        help="install the package again, or run it from its source tree",
    )
