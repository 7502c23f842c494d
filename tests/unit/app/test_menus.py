"""Headers of menu scripts."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.app.menus import MARK, MenuEntry, choices, read_header, scan


def entry_of(folder: Path, *lines: str, mark: str = MARK) -> MenuEntry | None:
    path = folder / "script.py"
    path.write_text("\n".join([mark, *lines, ""]))
    return read_header(str(path))


def test_header_is_read(tmp_path: Path) -> None:
    entry = entry_of(
        tmp_path,
        "# Tooltip: a: b",
        "# Group: Add",
        "#Name:Box",
        "# Submenu: Small | 0.5",
        "# Submenu: Large",
        "",
        "# Name: not this one",
    )

    assert entry is not None
    assert (entry.group, entry.name, entry.tooltip) == ("Add", "Box", "a: b")
    assert entry.submenus == (("Small", "0.5"), ("Large", "Large"))
    assert entry.problem == ""
    assert [entry.word(word) for word in ("Small", "0.5", "Large", "Tiny")] == [
        "0.5",
        "0.5",
        "Large",
        None,
    ]


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        (["# Group: Add"], "there is no Name"),
        (["# Name: A"], "there is no Group"),
        (["# Name: A", "# Group: Ad"], "did you mean 'Add'?"),
        (["# Name: A", "# Group: Add", "# Nmae: B"], "line 4: 'Nmae' is not known"),
        (["# Name: A", "# Name: B", "# Group: Add"], "line 3: a second Name"),
    ],
)
def test_what_is_wrong_is_told_and_the_entry_is_there(
    tmp_path: Path, lines: list[str], problem: str
) -> None:
    entry = entry_of(tmp_path, *lines)

    assert entry is not None
    assert problem in entry.problem
    assert entry.name in ("A", "script")


def test_scripts_without_the_mark_are_in_no_menu(tmp_path: Path) -> None:
    assert entry_of(tmp_path, "# Name: A", mark="#!/usr/bin/env python") is None
    assert read_header(str(tmp_path / "none.py")) is None
    (tmp_path / "bytes.py").write_bytes(b"\xff\xfe\x00" * 100)
    assert read_header(str(tmp_path / "bytes.py")) is None


def test_folders_are_searched_six_deep_and_hidden_ones_left_out(tmp_path: Path) -> None:
    deep = tmp_path
    for level in range(8):
        text = f"{MARK}\n# Name: {level}\n# Group: Misc\n"
        (deep / "a.py").write_text(text)
        (deep / "_b.py").write_text(text)
        (deep / "c.txt").write_text(text)
        deep = deep / "d"
        deep.mkdir()

    assert [entry.name for entry in scan(str(tmp_path))] == [str(level) for level in range(7)]


def test_a_folder_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="nowhere"):
        scan(str(tmp_path / "nowhere"))


def test_choices_name_what_there_is(tmp_path: Path) -> None:
    entry = entry_of(tmp_path, "# Name: Box", "# Group: Add", "# Submenu: Small")
    assert entry is not None

    assert choices([entry], "Add", "Box", "") == (entry, None)
    assert choices([entry], "Add", "Box", "Small") == (entry, "Small")
    with pytest.raises(LookupError, match="did you mean 'Box'"):
        choices([entry], "Add", "Bax", "")
    with pytest.raises(LookupError, match="has no submenu 'Smal'"):
        choices([entry], "Add", "Box", "Smal")
