"""Lines of names in TOML, and which file counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.configuration import documents, nearest_file, variables
from pynodes.errors import BadValueError

TEXT = """# a comment
[render] # [not.this]
threads = 2
text = '''
[sweep]
threads = 9
'''
"quoted" = 1

[results . "show"]
metric = "wall_s"
"""


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "home"))
    return tmp_path


def test_every_name_has_its_line(here: Path) -> None:
    (here / "pynodes.toml").write_text(TEXT)
    [found] = documents()

    assert found.tables["results"]["show"] == {"metric": "wall_s"}
    assert found.place("render", "threads") == "pynodes.toml:3"
    assert found.place("render", "quoted") == "pynodes.toml:8"
    assert found.place("results", "show", "metric") == "pynodes.toml:11"
    assert found.place("results", "show") == "pynodes.toml:10"
    assert found.place("results", "gone") == found.place("sweep") == "pynodes.toml:1"


def test_dotted_names_have_theirs(here: Path) -> None:
    (here / "pyproject.toml").write_text("[tool.pynodes]\nrender.threads = 2\nrender.'tile' = 3\n")
    [found] = documents()

    assert found.place("render", "tile") == "pyproject.toml:3"


@pytest.mark.parametrize(
    "text",
    ["", "[tool.other]\nx = 1\n", "x = [\n", "[tool.pynodes]\n", "# tool and pynodes\nx = 1\n"],
)
def test_pyproject_that_says_nothing_of_us_does_not_count(here: Path, text: str) -> None:
    (here / "pyproject.toml").write_text(text)

    assert nearest_file() is None


def test_place_from_far_below_is_absolute(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (here / "pynodes.toml").write_text("[render]\n")
    (here / "a" / "b" / "c").mkdir(parents=True)
    monkeypatch.chdir(here / "a" / "b")
    assert next(documents()).place("render") == "../../pynodes.toml:1"
    monkeypatch.chdir(here / "a" / "b" / "c")
    assert next(documents()).place("render") == f"{here}/pynodes.toml:1"


def test_file_that_is_no_text_is_refused_with_its_name(here: Path) -> None:
    (here / "pynodes.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(BadValueError, match="not TOML: it is not UTF-8"):
        list(documents())


def test_variables_are_those_of_the_command_that_say_something(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PYNODES_RESULTS_SHOW_METRIC", "wall_s")
    monkeypatch.setenv("PYNODES_RESULTS_SHOW_DB", "")
    monkeypatch.setenv("PYNODES_RESULTS_LIST_DB", "x")

    assert list(variables(["results", "show"])) == [("METRIC", "PYNODES_RESULTS_SHOW_METRIC")]
