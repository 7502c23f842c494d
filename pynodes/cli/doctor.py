"""`pynodes doctor`."""

from __future__ import annotations

import os
import platform
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pynodes.cli.command import cli_command
from pynodes.cli.console import Console
from pynodes.cli.options import output_options, value_option
from pynodes.cli.version import gil_words
from pynodes.errors import CannotStartError, PynodesError
from pynodes.host.answers import ask, describe
from pynodes.host.find import check_word, find_host, package_version
from pynodes.machine import cgroup_cores
from pynodes.options.places import Script
from pynodes.options.table import table_differences

if TYPE_CHECKING:
    from pynodes.doctor.imports import ImportFound, Scan

OLDEST = (3, 11)
NEWEST = (3, 15)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `state` is ok, note (fine, but worth knowing) or missing."""

    name: str
    state: str
    found: str
    help: str = ""


@cli_command(
    "doctor",
    ("pynodes doctor", "is all there that is needed?"),
    ("pynodes doctor --json", "the same, for programs"),
    ("pynodes doctor --imports scene.py", "do its modules load with their own GIL?"),
)
@value_option(
    Script(),
    "--imports",
    "scene",
    help="Only try each module that this scene imports: does it load in an interpreter with its own"
    " GIL (engine isolated), does it keep the GIL off? Runs the scene's file, renders nothing.",
)
@output_options
def command(scene: Path | None, as_json: bool, color: str) -> int:
    """Check that everything needed is here and works.

    Looks at this Python, at what building a host takes, at the host itself, at packages, cores and
    folders. Exit status 1 when something is missing, or with --imports when a module is not up to
    it.
    """
    console = Console(color)
    if scene is not None:
        return _try_imports(console, scene, as_json)
    checks = []
    for check in run_checks():
        checks.append(check)
        if not as_json:
            console.lines(check_lines(console, check))
    bad = [check for check in checks if check.state == "missing"]
    if as_json:
        found = {"ok": not bad, "checks": [asdict(check) for check in checks]}
        console.json(found)
    else:
        words = f"{len(bad)} missing: {', '.join(check.name for check in bad)}"
        console.out()
        console.out(console.style(words, "bad") if bad else console.style("all is well", "good"))
    return 1 if bad else 0


def check_lines(console: Console, check: Check) -> Iterator[str]:
    style = {"ok": "good", "note": "warn", "missing": "bad"}[check.state]
    state = console.style(f"{check.state:<7}", style)
    yield f"{state}  {check.name:<16}  {check.found}"
    for line in check.help.splitlines():
        yield f"{'':27}{line}"


def _try_imports(console: Console, scene: Path, as_json: bool) -> int:
    from pynodes.doctor import imports

    arises = imports.has_own_gil()
    found = imports.scan(scene)
    modules = []
    if arises and not as_json and (found.asked or found.problem is None):
        console.out(f"Python {platform.python_version()}, {gil_words()} ({sys.executable})")
    if arises:
        for checked in imports.check(found):
            modules.append(checked)
            if not as_json:
                console.lines(import_lines(console, checked, found))
    words, well = _engines(modules, arises, imports.is_free_threaded())
    if arises and not modules and found.problem is None:
        words = f"nothing but the standard library is imported: {words}"
    if as_json:
        answer = {
            "script": str(scene),
            "python": platform.python_version(),
            "free_threaded": imports.is_free_threaded(),
            "arises": arises,
            "well": well and found.problem is None,
            "summary": words,
            "modules": [asdict(checked) for checked in modules],
            "missing": found.missing,
            "problem": found.problem[0] if found.problem else None,
        }
        console.json(answer)
    else:
        for name, why in found.missing.items():
            console.out(f"{console.style('missing', 'warn')}  {name}  {why}")
        if modules or found.problem is None:
            if modules or found.missing:
                console.out()
            console.out(console.style(words, "good" if well else "bad"))
    if found.problem is not None:
        what, where = found.problem
        help = "what it would have imported after that is not in the list"
        console.error(what, where, help)
        return CannotStartError.exit_code
    return 0 if well else 1


def import_lines(console: Console, checked: ImportFound, found: Scan) -> Iterator[str]:
    """One module: whether it loads, what it is, who asks for it, and what is wrong."""
    states = {"yes": "GIL on", "no": "refuses", "crash": "crashes", "hang": "hangs"}
    shown = "ok" if checked.is_well else states.get(checked.own_gil, checked.own_gil)
    style = "good" if checked.is_well else "bad"
    beside = "beside the scene" if checked.module in found.near else ""
    version = checked.version or beside
    facts = ["loads with its own GIL" if checked.own_gil == "yes" else ""]
    if checked.gil_off is not None:
        facts.append("keeps the GIL off" if checked.gil_off else "turns the GIL on")
    if checked.asked_by:
        facts.append(f"for {', '.join(checked.asked_by[:4])}")
    name = f"{checked.module} {version}".rstrip()
    yield f"{console.style(f'{shown:<7}', style)}  {name:<26}  {', '.join(filter(None, facts))}"
    if checked.note:
        yield f"{'':11}{checked.note}"


def _engines(modules: list[ImportFound], arises: bool, free: bool) -> tuple[str, bool]:
    """What follows for the choice of an engine, and whether all is well."""
    if not arises:
        return (
            f"Python {platform.python_version()} has one GIL for all: the question does not arise,"
            " every module that loads works with engines shared and process"
        ), True
    refusing = [checked.module for checked in modules if checked.own_gil != "yes"]
    turning = [checked.module for checked in modules if checked.gil_off is False]
    words = []
    if refusing:
        many = "do" if len(refusing) > 1 else "does"
        others = "shared or process" if free else "process to run in parallel, or shared"
        names = ", ".join(refusing)
        words.append(
            f"{names} {many} not load in an interpreter with its own GIL: use engine {others}"
        )
    if turning:
        names, turn = ", ".join(turning), "turn" if len(turning) > 1 else "turns"
        words.append(f"{names} {turn} the GIL on: use engine process to run in parallel")
    said = "; ".join(words) or "all imports work with every engine"
    return said, not refusing and not turning


def run_checks() -> Iterator[Check]:
    """All checks, in the order in which they are worth repairing."""
    yield check_python()
    host = list(check_host())
    works = all(check.state != "missing" for check in host)
    for check in (check_headers(), check_libpython(), check_compiler()):
        if works and check.state == "missing":
            use = "; only needed to build a host"
            if check.name == "C compiler":
                use += " and by --compile, which leaves all nodes to the interpreter without one"
            found = f"{check.found}{use}"
            check = replace(check, state="note", found=found)
        yield check
    yield from host
    yield from check_packages()
    yield check_cores()
    yield check_folder("temporary folder", Path(tempfile.gettempdir()), "set TMPDIR to another")
    yield check_folder("current folder", Path.cwd(), "change to a folder of yours, or use -o")


def check_python() -> Check:
    version = platform.python_version()
    found = f"{platform.python_implementation()} {version}, {gil_words()} ({sys.executable})"
    if platform.python_implementation() != "CPython":
        return Check("Python", "missing", found, "the host embeds CPython: use one")
    if sys.version_info[:2] < OLDEST:
        help = _packages("python3.13", "python3.13", "python@3.13")
        return Check("Python", "missing", found, f"3.11 or newer is needed\n{help}")
    if sys.version_info[:2] > NEWEST:
        return Check("Python", "note", found, "newer than any Python this release was tried on")
    return Check("Python", "ok", found)


def check_headers() -> Check:
    folder = Path(sysconfig.get_path("include"))
    header = folder / "Python.h"
    if header.is_file():
        return Check("Python headers", "ok", str(header))
    help = _packages(_deb_dev(), "python3-devel")
    return Check("Python headers", "missing", f"no {header}", help)


def check_libpython() -> Check:
    """A libpython to link with, shared or static."""
    get = sysconfig.get_config_var
    names = [get("LDLIBRARY"), get("INSTSONAME"), get("LIBRARY")]
    folders = [get("LIBDIR"), get("LIBPL"), str(Path(sys.base_prefix) / "lib")]
    if get("MULTIARCH") and get("LIBDIR"):
        folders.append(str(Path(get("LIBDIR")) / get("MULTIARCH")))
    for name in filter(None, names):
        for folder in filter(None, folders):
            path = Path(folder) / name
            if path.is_file():
                kind = "static" if path.suffix == ".a" else "shared"
                return Check("libpython", "ok", f"{kind}, {path}")
    help = _packages(f"lib{_deb_dev()}", "python3-devel") + (
        "\npyenv: PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force "
        + platform.python_version()
    )
    return Check("libpython", "missing", f"no {names[0] or 'libpython'} in {folders[0]}", help)


def check_compiler() -> Check:
    asked = os.environ.get("CC")
    for name in [asked] if asked else ["cc", "gcc", "clang"]:
        words = shlex.split(name or "")
        path = shutil.which(words[0]) if words else None
        if path is not None:
            return Check("C compiler", "ok", f"{_first_line_of([path, '--version'])} ({path})")
    found = f"CC is {asked}, which is no program" if asked else "no cc, gcc or clang on the PATH"
    help = _packages("gcc libc6-dev", "gcc", "gcc") + "\nmacOS: xcode-select --install"
    return Check("C compiler", "missing", found, help)


def check_host() -> Iterator[Check]:
    """Found, runs, matches: each only when the one before was fine."""
    name, after = "host", ""
    try:
        host = find_host()
        yield Check(name, "ok", str(host))
        name, after = "host runs", _REBUILD
        said = ask(host, "--version").strip().splitlines()
        yield Check(name, "ok", ", ".join(line.strip() for line in said) or "it says nothing")
        name, after = "host matches", ""
        table = describe(host)
        check_word(str(table.get("word", "?")), host)
        differences = table_differences(table)
    except PynodesError as error:
        where = "" if name == "host matches" else error.where
        lines = filter(None, (error.detail.strip(), where, error.help, after))
        yield Check(name, "missing", error.what, "\n".join(lines))
        return
    if differences:
        more = f"; and {len(differences) - 3} more" if len(differences) > 3 else ""
        yield Check("host matches", "missing", "; ".join(differences[:3]) + more, _REBUILD)
    else:
        yield Check("host matches", "ok", f"version {package_version() or table.get('word')}")


def check_packages() -> Iterator[Check]:
    for package in ("click", "rich", "numpy", "Pillow", "OpenEXR"):
        check = _check_package(_MODULES.get(package, package), package)
        if package == "OpenEXR" and check.state != "ok":
            help = "only needed to write .exr: pip install 'pynodes[exr]'"
            check = Check(package, "note", "not installed", help)
        yield check


def check_cores() -> Check:
    """Cores of the machine, those this process may use, and what a cgroup grants of them."""
    machine = os.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else machine
    quota = cgroup_cores()
    found = f"{usable} usable"
    if usable < machine:
        found += f" of {machine} (affinity)"
    if quota is not None and quota < usable:
        found += f", a cgroup grants the time of {quota:g}"
        help = "`-t auto` keeps to that; more threads would be held back"
        return Check("cores", "note", found, help)
    return Check("cores", "ok", found)


def check_folder(name: str, folder: Path, help: str) -> Check:
    try:
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        return Check(name, "missing", f"{folder} is not writable: {error.strerror}", help)
    return Check(name, "ok", str(folder))


_MODULES = {"Pillow": "PIL.Image", "numpy": "pynodes.arrays"}
_REBUILD = "build it again: pip install --force-reinstall --no-cache-dir pynodes"


def _check_package(module: str, package: str) -> Check:
    """Import it: an installed package that does not load is as good as missing."""
    from importlib import import_module
    from importlib.metadata import PackageNotFoundError, version

    help = f"{sys.executable} -m pip install {package}"
    try:
        import_module(module)
        return Check(package, "ok", version(package))
    except PackageNotFoundError:
        return Check(package, "ok", "version unknown")
    except (ImportError, MemoryError, OSError) as error:
        return Check(package, "missing", str(error) or type(error).__name__, help)


def _deb_dev() -> str:
    return f"python{sys.version_info.major}.{sys.version_info.minor}-dev"


def _packages(debian: str, fedora: str, brew: str = "python") -> str:
    return (
        f"Debian, Ubuntu: sudo apt install {debian}\n"
        f"Fedora: sudo dnf install {fedora}\n"
        f"macOS: brew install {brew}"
    )


def _first_line_of(command: list[str]) -> str:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=20, check=False, errors="replace"
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"does not answer: {error}"
    return next(iter(done.stdout.splitlines()), "says nothing")
