"""Looks as JSON: what is written is what is read, and what does not fit is named by its path."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from recordings import names, recorded

from pynodes import diagnose
from pynodes.diagnose.look.form import FormError, from_json, to_json
from pynodes.diagnose.look.look import Look

DIAGNOSE = Path(diagnose.__path__[0])
# what gdb's own Python imports, besides the standard library
IN_GDB = [
    *(DIAGNOSE / "look").glob("*.py"),
    *(DIAGNOSE / "collect" / f"{name}.py" for name in ("inside_gdb", "calls", "python_state")),
    DIAGNOSE.parent / "process" / "syscalls.py",
]


@pytest.mark.parametrize("name", names())
def test_look_that_is_written_is_read_the_same(name: str) -> None:
    look = from_json(Look, recorded(name))

    assert from_json(Look, json.loads(json.dumps(to_json(look)))) == look


def test_field_that_has_its_default_is_not_written() -> None:
    written = to_json(from_json(Look, recorded("jobs-3.13")))

    (thread,) = written["threads"]
    assert "kept" not in written
    assert "spin" not in thread
    assert list(thread["frames"][0]) == ["function", "file", "line", "module"]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("pid",), "7", "pid is a text, not a number"),
        (("pid",), True, "pid is true or false, not a number"),
        (("pid",), 1 << 64, "pid is too large a number"),
        (("pid",), None, "pid is null, not a number"),
        (("threads",), {}, "threads is an object, not a list"),
        (("threads", 0), [], "threads[0] is a list, not an object"),
        (("threads", 0, "frames", 3, "line"), 0.5, "threads[0].frames[3].line is a fraction"),
        (("threads", 0, "frames", 3, "module"), "x" * (1 << 21), "module is too long a text"),
        (("threads", 0, "call", "args"), [0] * 5, "threads[0].call.args has 5 values, not 6"),
        (("places",), {"-1": []}, "places has a name that is no number"),
        (("places",), {"7": [{}]}, "places.7[0] has no function"),
        (("lost",), [["a", "b"]], "lost[0] has 2 values, not 3"),
    ],
)
def test_what_does_not_fit_is_named(path: tuple[Any, ...], value: Any, words: str) -> None:
    raw = recorded("jobs-3.13")
    holder: Any = raw
    for name in path[:-1]:
        holder = holder[name]
    holder[path[-1]] = value

    with pytest.raises(FormError) as raised:
        from_json(Look, raw)

    assert words in str(raised.value)


@pytest.mark.parametrize("value", [None, [], "x", 1])
def test_look_is_an_object(value: Any) -> None:
    with pytest.raises(FormError, match=r"it is .*, not an object"):
        from_json(Look, value)


def test_field_without_a_default_has_to_be_there() -> None:
    raw = recorded("jobs-3.13")
    del raw["threads"][0]["tid"]

    with pytest.raises(FormError, match=r"threads\[0\] has no tid"):
        from_json(Look, raw)


@pytest.mark.parametrize("path", IN_GDB, ids=lambda path: path.name)
def test_file_for_gdb_has_the_syntax_of_older_pythons(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))

    imported = {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module}
    known = {".".join(each.relative_to(DIAGNOSE.parent).with_suffix("").parts) for each in IN_GDB}
    known |= {"diagnose.collect"}  # names of modules follow
    assert {m for m in imported if m.startswith("pynodes.")} <= {f"pynodes.{m}" for m in known}


def test_looks_are_made_by_a_python_whose_dataclasses_have_no_slots() -> None:
    code = """
import sys
sys.version_info = (3, 9, 0, "final", 0)
from pynodes.diagnose.look.form import to_json
from pynodes.diagnose.look.frames import FrameLook
assert not hasattr(FrameLook, "__slots__")
print(to_json(FrameLook("f", None, 0, "")))
"""

    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "{'function': 'f', 'file': None, 'line': 0, 'module': ''}\n"
