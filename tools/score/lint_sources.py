"""`pynodes lint` on programs of others: sources of the distribution, as they are, not stored.

    python3 tools/score/lint_sources.py WORK [NAME...]

Each is fetched by apt-get or pip into the folder WORK, unless it is there, and read with the flags
below: headers that its configuration would make are made or left out, so some files are read with
errors. Findings go to WORK/NAME.json and, in a line each, to stdout; how they were judged by hand
stands in docs/lint.md. Needs apt-get with sources (deb-src), dpkg-source, pip, and Debian 12.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]


class Program(NamedTuple):
    """A source package: what of it is read, with which flags; folders are below its own.

    `origin`: who has it, the distribution (apt) or the Python Package Index (pip).
    """

    package: str
    read: tuple[str, ...]
    include: tuple[str, ...] = ()
    define: tuple[str, ...] = ()
    more: tuple[str, ...] = ()
    configure: str = ""  # a shell command that makes its headers
    origin: str = "apt"


PROGRAMS = {
    "cpython": Program(
        "python3.11",
        ("Modules", "Programs/_testembed.c"),
        (".", "Include", "Include/internal", "Modules/_hacl/include", "Modules/expat"),
        ("Py_BUILD_CORE_MODULE", 'PLATLIBDIR="lib"', "XML_STATIC"),
        configure="./configure -q >/dev/null",
    ),
    "gdb": Program(
        "gdb",
        ("gdb/python",),
        ("gdb", "gdbsupport", "include", "bfd", "libiberty", "intl", "gdb/common", ".", "gnulib"),
        ("HAVE_PYTHON", "HAVE_CONFIG_H"),
        ("-std=gnu++17", "-x", "c++"),
    ),
    "vim": Program(
        "vim",
        ("src/if_python3.c",),
        ("src", "src/proto"),
        ("HAVE_CONFIG_H", "FEAT_PYTHON3", 'PYTHON3_HOME=L""'),
        configure="cd src && ./configure -q --enable-python3interp >/dev/null",
    ),
    "uwsgi": Program(
        "uwsgi", ("plugins/python", "plugins/gevent", "plugins/asyncio"), (".",), origin="pip"
    ),
    "collectd": Program(
        "collectd",
        ("src/python.c", "src/pyvalues.c", "src/pyconfig.c"),
        ("src", "src/daemon"),
        ("HAVE_CONFIG_H",),
        configure="./configure -q --disable-all-plugins >/dev/null || touch src/config.h",
    ),
    "mod_wsgi": Program(
        "mod_wsgi",
        ("src/server",),
        ("/usr/include/apache2", "/usr/include/apr-1.0", "src/server"),
        origin="pip",
    ),
    "weechat": Program(
        "weechat",
        ("src/plugins/python",),
        ("src/plugins", "src/plugins/python", "src", "src/core"),
    ),
}


def fetched(work: Path, name: str, program: Program) -> Path:
    """Its folder, unpacked and configured."""
    folder = work / name
    if folder.is_dir():
        return folder
    place = work / f"{name}.fetch"
    place.mkdir(parents=True, exist_ok=True)
    tree = place / "tree"
    if program.origin == "pip":
        words = ("--no-deps", "--no-binary", ":all:")
        command = [sys.executable, "-m", "pip", "download", "-q", *words, program.package]
        subprocess.run(command, cwd=place, check=True)
        (packed,) = place.glob("*.tar.gz")
        tree.mkdir()
        unpack = ["tar", "-xf", packed.name, "-C", str(tree), "--strip-components=1"]
    else:
        command = ["apt-get", "source", "-q", "--download-only", program.package]
        subprocess.run(command, cwd=place, check=True, stdout=subprocess.DEVNULL)
        (described,) = place.glob("*.dsc")
        unpack = ["dpkg-source", "-q", "--no-check", "-x", described.name, str(tree)]
    subprocess.run(unpack, cwd=place, check=True, stdout=subprocess.DEVNULL)
    if program.configure:
        subprocess.run(["sh", "-c", program.configure], cwd=tree, check=False)
    tree.rename(folder)
    return folder


def linted(folder: Path, program: Program) -> dict[str, object]:
    """The report, with how long it took and the exit status."""
    files = [str(folder / each) for each in program.read]
    flags = [f"-I{folder / each}" for each in program.include]
    flags += [f"-D{each}" for each in program.define]
    command = [sys.executable, "-m", "pynodes", "lint", "--json", *files, "--", *flags]
    begin = time.monotonic()
    done = subprocess.run(
        [*command, *program.more], cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode not in (0, 1):
        return {"status": done.returncode, "stderr": done.stderr}
    report: dict[str, object] = json.loads(done.stdout)
    return {**report, "status": done.returncode, "seconds": round(time.monotonic() - begin, 1)}


def main(words: list[str]) -> int:
    if not words:
        print(__doc__)
        return 2
    work = Path(words[0]).resolve()
    for name in words[1:] or PROGRAMS:
        try:
            folder = fetched(work, name, PROGRAMS[name])
        except subprocess.CalledProcessError as error:
            print(f"{name}: not fetched: {error}")
            continue
        report = linted(folder, PROGRAMS[name])
        (work / f"{name}.json").write_text(json.dumps(report, indent=1), encoding="utf-8")
        found = report.get("findings")
        lost = report.get("lost")
        assert isinstance(found, list) or found is None
        print(
            f"{name}: status {report['status']}, {len(found or [])} findings, "
            f"{report.get('seconds')} s, {report.get('verdict_text')}, lost {lost}"
        )
        for each in found or []:
            file = each["file"].removeprefix(f"{folder}/")
            print(
                f"  {file}:{each['line']}  {each['family']}  {each['confidence']}  {each['text']}"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
