"""The project's own rules about its sources hold: layers, and lists that forget no file."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def run_tool(name: str, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / name), *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("tool", ["circles.py", "layers.py", "sources.py"])
def test_sources_follow_rule_passes(tool: str) -> None:
    done = run_tool(f"check/{tool}")

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("layer", "include", "complaint"),
    [
        ("base", '"engine/render.h"', 'base may not include "engine/render.h"'),
        ("image", '"wire/event.h"', 'image may not include "wire/event.h"'),
        ("scene", "<Python.h>", "scene may not see <Python.h>"),
        ("node", '"nowhere/none.h"', "there is no host/nowhere/none.h"),
        ("entry", '"main.h"', 'entry may not include "main.h"'),
        ("gui", '"live/live.h"', 'gui may not include "live/live.h"'),
        ("engine", '"gui/gui.h"', 'engine may not include "gui/gui.h"'),
        ("other", "<stdio.h>", "'other' is not a layer"),
    ],
)
def test_layers_include_pointing_right_is_reported(
    tmp_path: Path, layer: str, include: str, complaint: str
) -> None:
    host = tmp_path / "host"
    for header in ("engine/render.h", "wire/event.h", "live/live.h", "gui/gui.h", "main.h"):
        (host / header).parent.mkdir(exist_ok=True, parents=True)
        (host / header).touch()
    (host / layer).mkdir(exist_ok=True)
    (host / layer / "wrong.c").write_text(f"/* {include} */\n#include {include}\n")

    done = run_tool("check/layers.py", tmp_path)

    assert done.returncode == 1
    assert complaint in done.stdout


def test_layers_include_pointing_left_passes(tmp_path: Path) -> None:
    host = tmp_path / "host"
    for folder in ("base", "scene", "native", "interp"):
        (host / folder).mkdir(parents=True)
    (host / "base" / "code.h").touch()
    (host / "scene" / "vec.h").write_text('#include "base/code.h"\n')
    (host / "native" / "tree.c").write_text('#include "scene/vec.h"\n#include <math.h>\n')
    (host / "interp" / "run.c").write_text('#include <Python.h>\n#include "build_info.h"\n')

    done = run_tool("check/layers.py", tmp_path)

    assert done.returncode == 0, done.stdout


def test_circles_between_units_are_reported_from_header_or_source(tmp_path: Path) -> None:
    (tmp_path / "host" / "entry").mkdir(parents=True)
    (tmp_path / "pynodes").mkdir()
    (tmp_path / "host" / "entry" / "gate.h").write_text("")
    (tmp_path / "host" / "entry" / "gate.c").write_text('#include "entry/app.h"\n')
    (tmp_path / "host" / "entry" / "app.h").write_text('#include "entry/gate.h"\n')
    (tmp_path / "host" / "entry" / "kind.h").write_text("")
    (tmp_path / "host" / "entry" / "kind.c").write_text('#include "entry/gate.h"\n')

    done = run_tool("check/circles.py", tmp_path)

    assert done.returncode == 1
    assert done.stdout.splitlines() == ["entry/app -> entry/gate -> entry/app"]


@pytest.mark.parametrize(
    ("text", "circle"),
    [
        ("from pynodes.two import b\n", True),
        ("def late():\n    from pynodes import two\n", True),
        ("from . import two\n", True),
        ("from __future__ import annotations\n", False),
        ("if TYPE_CHECKING:\n    from pynodes.two import b\n", False),
    ],
)
def test_circles_between_modules_are_reported(tmp_path: Path, text: str, circle: bool) -> None:
    (tmp_path / "pynodes").mkdir()
    (tmp_path / "pynodes" / "__init__.py").touch()
    (tmp_path / "pynodes" / "one.py").write_text(text)
    (tmp_path / "pynodes" / "two.py").write_text("import pynodes.one\n")

    done = run_tool("check/circles.py", tmp_path)

    assert done.returncode == int(circle), done.stdout
    assert ("pynodes.one -> pynodes.two -> pynodes.one" in done.stdout) == circle


def commit(repository: Path, subject: str, body: str = "", files: int = 1) -> str:
    """Commit that many files, changed; gives the commit's name."""
    for number in range(files):
        with (repository / f"{number}.txt").open("a") as file:
            file.write(f"{subject}\n")
    run = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*run, "add", "-A"], check=True, timeout=60)
    message = ["-m", subject, *(["-m", body] if body else [])]
    subprocess.run([*run, "commit", "-q", *message], check=True, timeout=60)
    head = [*run, "rev-parse", "HEAD"]
    return subprocess.run(head, capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose first commit is the one reformat."""
    if shutil.which("git") is None:
        pytest.skip("there is no git")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True, timeout=60)
    (tmp_path / ".git-blame-ignore-revs").write_text(commit(tmp_path, "everything anew"))
    return tmp_path


@pytest.mark.parametrize(
    ("subject", "body", "files", "complaint"),
    [
        ("image, store: pictures are kept", "", 3, ""),
        ("image: pictures are kept", "Since they are the evidence.", 4, ""),
        ("image: pictures are kept", "", 4, "changes 4 files and has no body that says why"),
        ("image: pictures are kept", "Signed-off-by: A <a@b>", 4, "has no body that says why"),
        ("pictures are kept", "", 1, "has a subject that is not `area: effect`"),
        ("image: " + "x" * 66, "", 1, "has a subject of 73 columns, 72 at most"),
    ],
)
def test_commit_that_reads_badly_is_reported(
    repository: Path, subject: str, body: str, files: int, complaint: str
) -> None:
    commit(repository, "all: begin")
    commit(repository, subject, body, files)

    done = run_tool("check/commits.py", repository)

    assert done.returncode == bool(complaint), done.stdout
    assert complaint in done.stdout


def test_commit_that_merges_is_reported(repository: Path) -> None:
    run = ["git", "-C", str(repository), "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*run, "checkout", "-q", "-b", "side"], check=True, timeout=60)
    commit(repository, "side: one")
    subprocess.run([*run, "checkout", "-q", "-"], check=True, timeout=60)
    subprocess.run([*run, "merge", "-q", "--no-ff", "side"], check=True, timeout=60)

    done = run_tool("check/commits.py", repository)

    assert done.returncode == 1
    assert "merges, rebase instead" in done.stdout


def test_commits_of_a_shallow_clone_or_none_are_not_checked(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    commit(repository, "badly put")
    clone, bare = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("bare")
    command = ["git", "clone", "-q", "--depth", "1", repository.as_uri(), str(clone)]
    subprocess.run(command, check=True, timeout=60)
    (clone / ".git-blame-ignore-revs").write_bytes(
        (repository / ".git-blame-ignore-revs").read_bytes()
    )

    shallow, none = run_tool("check/commits.py", clone), run_tool("check/commits.py", bare)

    assert (shallow.returncode, shallow.stdout) == (
        0,
        "not checked, this clone is shallow\n",
    )
    assert none.returncode == 0
    assert none.stdout.startswith("not checked, ")


@pytest.mark.parametrize("reason", ["", " long: one line a case reads better\n"])
@pytest.mark.parametrize(
    ("name", "mark", "begin", "line", "end"),
    [
        ("a.py", "#", "def grow(a):\n", "    a += 1\n", "    return a\n"),
        ("a.c", "//", "static int grow(int a)\n{\n", "    a += 1;\n", "    return a;\n}\n"),
    ],
)
def test_sizes_function_that_is_too_long_needs_a_reason(
    tmp_path: Path, name: str, mark: str, begin: str, line: str, end: str, reason: str
) -> None:
    above = mark + reason if reason else ""
    rest = (begin + end).count("\n")
    (tmp_path / f"short_{name}").write_text(begin + line * (60 - rest) + end)
    (tmp_path / name).write_text(above + begin + line * (61 - rest) + end)

    done = run_tool("check/sizes.py", tmp_path)

    assert done.returncode == (not reason), done.stdout
    assert reason or done.stdout == f"{name}:1: grow has 61 lines, 60 at most\n"


@pytest.mark.parametrize(
    ("head", "fails"),
    [
        ("# one\n", True),
        ("# long: a table\n", False),
        ("# written by tools/make/x.py\n", False),
    ],
)
def test_sizes_file_that_is_too_long_needs_a_reason(tmp_path: Path, head: str, fails: bool) -> None:
    (tmp_path / "a.py").write_text(head + "a = 1\n" * 500)
    (tmp_path / "b.py").write_text("a = 1\n" * 500)

    done = run_tool("check/sizes.py", tmp_path)

    assert done.returncode == fails
    assert ("a.py: 501 lines, 500 at most" in done.stdout) == fails
    assert "b.py" not in done.stdout


def test_probe_this_python_says_where_to_embed_from() -> None:
    done = run_tool("probe_python.py")

    facts = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert done.returncode == 0
    assert facts["version"] == ".".join(map(str, sys.version_info[:3]))
    assert bool(facts["problem"]) == bool(facts["help"])


def test_probe_missing_static_library_names_it_and_a_cure() -> None:
    done = run_tool("probe_python.py", "no-such-kind")

    facts = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert "libpython" in facts["problem"] or "headers" in facts["problem"]
    assert facts["help"]
