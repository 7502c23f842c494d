"""`pynodes template`: which files, under which name, and what it refuses."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from pynodes.cli import main
from pynodes.cli.template import command
from pynodes.errors import BadValueError, CannotStartError
from pynodes.template import FILES, OWN_NAME, check_name, source_path, write_template

ROOT = Path(__file__).resolve().parents[2]


def test_all_files_are_written_under_the_name(tmp_path: Path) -> None:
    written = write_template(tmp_path / "new", "prog-2")
    assert sorted(path.name for path in written) == sorted(FILES)
    text = "".join(path.read_text() for path in written)
    assert re.search(rf"\b{OWN_NAME}\b", text) is None
    assert "project(prog-2 C)" in text
    assert "'prog-2'," in text


def test_under_its_own_name_the_files_are_those_of_the_repository(tmp_path: Path) -> None:
    write_template(tmp_path, OWN_NAME)
    for there, here in FILES.items():
        assert (tmp_path / there).read_bytes() == source_path(here).read_bytes()


def test_every_file_of_the_folder_is_written_and_installed() -> None:
    present = {path.name for path in (ROOT / "pynodes" / "_template").iterdir() if path.is_file()}
    assert present == set(FILES.values()) - {"probe_python.py"}
    build = (ROOT / "meson.build").read_text()
    listed = set(re.findall(r"'pynodes/_template/([\w.]+)'", build))
    assert listed == present


def test_what_it_writes_says_that_it_may_be_copied(tmp_path: Path) -> None:
    for path in write_template(tmp_path, "mine"):
        if path.name != "meson.options":
            text = " ".join(path.read_text().replace("*", " ").replace("#", " ").split())
            assert re.search(r"may be copied, changed and used without any condition", text, re.I)


def test_nothing_is_overwritten_unless_forced(tmp_path: Path) -> None:
    (tmp_path / "host.c").write_text("mine")
    with pytest.raises(CannotStartError, match=r"^host\.c would be overwritten$"):
        write_template(tmp_path, "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["host.c"]
    write_template(tmp_path, "mine", force=True)
    assert (tmp_path / "host.c").read_text() != "mine"


def test_other_files_in_the_folder_are_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    write_template(tmp_path, "mine")
    assert (tmp_path / "notes.txt").read_text() == "mine"


@pytest.mark.parametrize("name", ["", "a b", "1st", "../x", "é", "test", "Clean", "meson-x"])
def test_bad_names_are_refused(name: str) -> None:
    with pytest.raises(BadValueError) as caught:
        check_name(name)
    assert "--name" in caught.value.help


def test_a_folder_that_is_a_file_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "file"
    path.touch()
    for folder in (path, path / "below"):
        assert main(["template", str(folder), "--name", "mine"]) == 3
        told = capsys.readouterr().err
        assert told.startswith("error: ")
        assert "Traceback" not in told


def test_it_prints_what_to_do_next(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    result = CliRunner().invoke(command, [str(folder), "--name", "mine"])
    assert result.exit_code == 0
    assert f"cd '{folder}'" in result.output
    assert "meson setup build -Dpython=" in result.output
    assert "cmake -B build -Dpython=" in result.output


@pytest.mark.parametrize("beside", [True, False])
def test_a_builder_that_is_on_no_path_is_named_with_the_way_to_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, beside: bool
) -> None:
    python = tmp_path / "venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    if beside:
        python.with_name("meson").touch()
    monkeypatch.setattr("sys.executable", str(python))
    monkeypatch.setenv("PATH", str(tmp_path))

    shown = CliRunner().invoke(command, [str(tmp_path / "new")]).output

    assert (f"  {python.parent}/meson setup build -Dpython={python} && " in shown) == beside
    pip = f"meson is on no PATH; to get it: {python} -m pip install meson ninja\n"
    assert (pip in shown) != beside
    assert "cmake is on no PATH; to get it: sudo apt install cmake" in shown


def test_the_name_is_the_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "renderer").mkdir()
    monkeypatch.chdir(tmp_path / "renderer")
    assert CliRunner().invoke(command, ["."]).exit_code == 0
    assert "project(renderer C)" in Path("CMakeLists.txt").read_text()
