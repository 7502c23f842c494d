"""What `import pynodes` offers, and how it is typed."""

from __future__ import annotations

import inspect
import subprocess
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any, cast, get_type_hints

import pytest

import pynodes
from pynodes import library
from pynodes.options import table
from pynodes.options.called import as_called, called

# By other names, or with arguments of their own.
APART = {"scene", "frames", "defines", "pixel", "debug", "aside"}

SCRIPT = """
from pathlib import Path
import pynodes

picture = pynodes.render("scene.py", threads=8, params={"scale": 4}, out=Path("a.png"))
total: float = float(picture.image[..., :3].mean())
frames = pynodes.render("scene.py", frames=range(1, 5), engine="shared", check=False)
names: list[str] = [str(each.path) for each in frames if each.verdict is pynodes.Verdict.OK]
digest: str | None = picture.record.sha256
color: tuple[float, ...] | None = pynodes.look("scene.py", 3, 4).color
try:
    picture.save("b.exr")
except pynodes.PynodesError as error:
    print(error.what, error.where, error.help)
"""
WRONG = """
import pynodes

pynodes.render("scene.py", thread=8)
pynodes.render("scene.py", threads="8")
pynodes.render("scene.py", frames=[1]).image
"""


def test_options_are_those_of_the_table() -> None:
    ours, rows = get_type_hints(library.Options), get_type_hints(table.Options)

    assert list(ours) == [each.name for each in fields(table.Options) if each.name not in APART]
    plain = {name: kind for name, kind in ours.items() if "Path" not in str(kind)}
    assert plain == {name: rows[name] for name in plain}
    assert ours.keys() - plain.keys() == {"keep_c", "scripts", "trace"}


def parameters() -> set[str]:
    return {*inspect.signature(library.render).parameters, *get_type_hints(library.Options)}


def test_every_option_of_a_render_is_called_by_what_a_call_takes() -> None:
    for row in table.rows_of():
        names = called(row).split(" and ")
        assert row.name in ("pixel", "debug") or {*names} <= parameters()


@pytest.mark.parametrize(
    ("name", "help"),
    [
        ("size", "here that is width and height"),
        ("pixel", "here that is pynodes.look(scene, x, y)"),
        ("debug", "`pynodes render --debug` has it"),
        ("spp", "here that is samples"),
        ("D", "here that is params"),
        ("limit", "did you mean limit_s?"),
        ("sampels", "did you mean samples?"),
        ("nothing_like_it", "they are threads, width,"),
    ],
)
def test_a_name_of_the_command_line_is_answered_with_that_of_a_call(name: str, help: str) -> None:
    with pytest.raises(pynodes.BadValueError, match=f"'{name}' is not an option") as caught:
        library.render(__file__, **cast(Any, {name: 1}))

    assert caught.value.help.startswith(help)
    assert max(map(len, caught.value.help.splitlines())) <= 88


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("use --engine shared, or a host", 'use engine="shared", or a host'),
        ("with --engine shared -t 1 to see", 'with engine="shared" threads=1 to see'),
        ("leave --trace-calls out", "leave trace_calls out"),
        ("a smaller --size", "a smaller width and height"),
        ("`mkdir -p a`, or --create-dir", "`mkdir -p a`, or `pynodes render --create-dir`"),
        ("`pynodes render a.py --pixel 3,4 -t 1`", "`pynodes render a.py --pixel 3,4 -t 1`"),
        ("1 to 16384, 1e-6 or -1", "1 to 16384, 1e-6 or -1"),
    ],
)
def test_messages_name_options_as_a_call_has_them(said: str, shown: str) -> None:
    assert as_called(said) == shown


def test_an_error_says_where_in_words_of_a_call() -> None:
    with pytest.raises(pynodes.BadValueError) as caught:
        pynodes.render(__file__, trace_calls=True)

    assert caught.value.where == "trace_calls"
    assert caught.value.help == "name a file with trace, or leave trace_calls out"
    assert "  where: trace_calls" in caught.value.__notes__


@pytest.mark.parametrize("name", ["out", "trace"])
def test_an_empty_name_is_no_path(name: str) -> None:
    with pytest.raises(pynodes.BadValueError, match=f"{name} is '', not a path"):
        library.render(__file__, **cast(Any, {name: ""}))


def test_all_names_are_there() -> None:
    assert sorted(pynodes.__all__) == sorted({*pynodes._OF, "__version__"})
    assert {*pynodes.__all__} <= {*dir(pynodes)}
    for name in pynodes.__all__:
        assert getattr(pynodes, name) is not None
    with pytest.raises(AttributeError, match="module 'pynodes' has no attribute 'rendr'"):
        _ = pynodes.rendr


def test_scripts_of_users_are_typed_and_their_slips_found(tmp_path: Path) -> None:
    pytest.importorskip("mypy")
    (tmp_path / "right.py").write_text(SCRIPT)
    (tmp_path / "wrong.py").write_text(WRONG)
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", "cache", "."]

    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    errors = {
        line.split(": error: ")[0] for line in done.stdout.splitlines() if ": error: " in line
    }
    assert errors == {"wrong.py:4", "wrong.py:5", "wrong.py:6"}, done.stdout
