"""Say whether this Python can be embedded, and where its headers and library are.

Run by the Python in question; prints one `key<TAB>value` line a fact. Build files and tools read
them, so that one place decides what is missing and how to get it. When `problem` is not empty,
`help` says what to install. Always exits with 0. The argument, `auto`, `shared` or `static`, is the
kind of libpython to look for.

Written for any Python 3, so that one that is too old can say so. This file may be copied, changed
and used without any condition (MIT-0).
"""

import os
import sys
import sysconfig

OLDEST = (3, 11)


def variable(name: str) -> str:
    value = sysconfig.get_config_var(name)
    return value if isinstance(value, str) else ""


def short_version() -> str:
    return "%d.%d" % sys.version_info[:2]


def find_headers() -> str:
    for path in (sysconfig.get_path("include"), variable("INCLUDEPY")):
        if path and os.path.exists(os.path.join(path, "Python.h")):
            return path
    return ""


def library_folders() -> "list[str]":
    """Where libpython may be. A Python that was moved after its build still names the old place."""
    prefix = sys.base_prefix
    libdir, multiarch = variable("LIBDIR"), variable("MULTIARCH")
    folders = [
        libdir,
        os.path.join(libdir, multiarch) if libdir and multiarch else "",
        variable("PYTHONFRAMEWORKPREFIX"),
        os.path.join(prefix, "lib"),
        os.path.join(prefix, "lib64"),
        variable("LIBPL"),
    ]
    return [f for i, f in enumerate(folders) if f and f not in folders[:i] and os.path.isdir(f)]


def find_library(names: "list[str]") -> str:
    for folder in library_folders():
        for name in names:
            path = os.path.join(folder, name)
            if name and os.path.isfile(path):
                return path
    return ""


def shared_names() -> "list[str]":
    stem = "libpython%s%s" % (short_version(), getattr(sys, "abiflags", ""))
    known = [variable("LDLIBRARY"), variable("INSTSONAME")]
    return [n for n in known if n and not n.endswith(".a")] + [
        stem + ".so",
        stem + ".so.1.0",
        stem + ".dylib",
    ]


def static_names() -> "list[str]":
    stem = "libpython%s%s" % (short_version(), getattr(sys, "abiflags", ""))
    return [variable("LIBRARY"), stem + ".a"]


def system_family() -> str:
    """debian, fedora, suse, arch, alpine, macos or other."""
    if sys.platform == "darwin":
        return "macos"
    words = []  # type: list[str]
    try:
        with open("/etc/os-release") as lines:
            for line in lines:
                key, _, value = line.strip().partition("=")
                if key in ("ID", "ID_LIKE"):
                    words += value.strip("\"'").lower().split()
    except OSError:
        pass
    for family, ids in (
        ("debian", ("debian", "ubuntu")),
        ("fedora", ("fedora", "rhel", "centos")),
        ("suse", ("suse", "opensuse")),
        ("arch", ("arch",)),
        ("alpine", ("alpine",)),
    ):
        if any(word in ids or word.split("-")[0] in ids for word in words):
            return family
    return "other"


def is_system_python() -> bool:
    return sys.base_prefix in ("/usr", "/")


def help_embed() -> str:
    """How to get headers and a shared libpython for this very Python."""
    version, family = short_version(), system_family()
    full = "%d.%d.%d" % sys.version_info[:3]
    prefix = sys.base_prefix
    if "pyenv" in prefix:
        return "PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install --force " + full
    if os.path.isdir(os.path.join(prefix, "conda-meta")):
        return "conda install --force-reinstall python=" + full
    if family == "macos":
        return "brew install python@%s (or the python.org installer)" % version
    if is_system_python():
        dense = version.replace(".", "")
        default = os.path.realpath("/usr/bin/python3")
        is_default = os.path.basename(default) == "python" + version
        known = {
            "debian": "sudo apt install python3-dev"
            if is_default
            else "sudo apt install python%s-dev" % version,
            "fedora": "sudo dnf install python3-devel"
            if is_default
            else "sudo dnf install python%s-devel" % version,
            "suse": "sudo zypper install python%s-devel" % dense,
            "arch": "sudo pacman -S python",
            "alpine": "sudo apk add python3-dev",
        }
        if family in known:
            return known[family]
        return (
            "install its development package: python3-dev (Debian, Ubuntu), python3-devel (Fedora)"
        )
    return (
        "build it again with `./configure --enable-shared`, or use another Python: python3-dev "
        "(Debian, Ubuntu), python3-devel (Fedora), pyenv with "
        "PYTHON_CONFIGURE_OPTS=--enable-shared"
    )


def help_version() -> str:
    return {
        "debian": "sudo apt install python3 python3-dev python3-venv, on Debian 12 or Ubuntu 24.04 "
        "and later; else use pyenv",
        "fedora": "sudo dnf install python3.12-devel",
        "macos": "brew install python",
    }.get(system_family(), "install a newer one, for instance with pyenv or uv")


def static_link_args(path: str) -> "list[str]":
    """What a program needs to carry all of libpython.a, and to show it to extension modules."""
    flags = ["-Wl,--whole-archive", path, "-Wl,--no-whole-archive"]
    if sys.platform == "darwin":
        flags = ["-Wl,-force_load," + path]
    for name in ("LOCALMODLIBS", "LIBS", "SYSLIBS", "LINKFORSHARED"):
        flags += variable(name).split()
    return [f for i, f in enumerate(flags) if f.startswith("-Wl,") or f not in flags[:i]]


def probe(kind: str) -> "dict[str, str]":
    full = "%d.%d.%d" % sys.version_info[:3]
    facts = {
        "executable": sys.executable,
        "version": full,
        "build": sys.version.replace("\n", " "),
        "free_threaded": "1" if sysconfig.get_config_var("Py_GIL_DISABLED") else "0",
        "include": "",
        "library": "",
        "kind": "",
        "libdir": "",
        "link_args": "",
        "problem": "",
        "help": "",
    }
    if sys.version_info[:2] < OLDEST:
        facts["problem"] = "Python %s at %s is too old: %d.%d or newer is needed" % (
            full,
            sys.executable,
            OLDEST[0],
            OLDEST[1],
        )
        facts["help"] = help_version()
        return facts
    if sys.implementation.name != "cpython":
        facts["problem"] = "%s is %s; only CPython can be embedded" % (
            sys.executable,
            sys.implementation.name,
        )
        facts["help"] = help_version()
        return facts
    facts["include"] = find_headers()
    if not facts["include"]:
        facts["problem"] = "the headers of Python %s are missing (no Python.h in %s)" % (
            full,
            sysconfig.get_path("include"),
        )
        facts["help"] = help_embed()
        return facts
    shared = find_library(shared_names()) if kind in ("auto", "shared") else ""
    static = find_library(static_names()) if kind in ("auto", "static") else ""
    if shared:
        facts["kind"], facts["library"] = "shared", shared
        facts["libdir"] = os.path.dirname(shared)
    elif static:
        facts["kind"], facts["library"] = "static", static
        facts["link_args"] = " ".join(static_link_args(static))
    else:
        what = "libpython" if kind == "auto" else kind + " libpython"
        facts["problem"] = "Python %s at %s has no %s to embed (looked in %s)" % (
            full,
            sys.executable,
            what,
            ", ".join(library_folders()),
        )
        facts["help"] = help_embed()
    return facts


def main() -> None:
    kind = sys.argv[1] if len(sys.argv) > 1 else "auto"
    for key, value in probe(kind).items():
        print(key + "\t" + value)


if __name__ == "__main__":
    main()
