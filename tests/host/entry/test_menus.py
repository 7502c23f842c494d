"""Menu scripts: listed by their headers and invoked, alone and beside a render on 8 threads."""

from __future__ import annotations

from entry_play import Play, ev, only_alone

HEADER = "#!pynodes menu\n# Name: {name}\n# Group: {group}\n"
MENUS = {
    "menus/box.py": HEADER.format(name="Box", group="Add")
    + "# Tooltip: adds\n# Submenu: Small | s\n# Submenu: Large\n"
    + "from pynodes import app\nprint('box', app.argument, __name__, app.current_script())",
    "menus/deep/er/plain.py": HEADER.format(name="Plain", group="Mesh")
    + "from pynodes import app\nprint('plain', app.argument)",
    "menus/bad.py": HEADER.format(name="Bad", group="Misc") + "\n1 / 0\n",
    "menus/ends.py": HEADER.format(name="Ends", group="Misc") + "import sys; sys.exit(4)",
    "menus/none.py": "print('in no menu')",
    "menus/_hidden.py": HEADER.format(name="Hidden", group="Add"),
}


@only_alone
def test_entries_are_listed(play: Play) -> None:
    source = """
from pynodes import app
for entry in app.menus():
    print(entry.group, entry.name, repr(entry.tooltip), entry.submenus)
"""
    log = play(ev("script", "a.py"), texts={**MENUS, "a.py": source}, menus="menus")

    assert log.lines == [
        "Add Box 'adds' (('Small', 's'), ('Large', 'Large'))",
        "Mesh Plain '' ()",
        "Misc Bad '' ()",
        "Misc Ends '' ()",
    ]


def test_an_entry_runs_with_the_word_of_its_submenu(play: Play) -> None:
    log = play(
        ev("menu", "Add", "Box", "Small"),
        ev("menu", "Add", "Box", "Large"),
        ev("menu", "Mesh", "Plain", ""),
        texts=MENUS,
        menus="menus",
    )

    assert log.lines == ["box s __main__ box.py", "box Large __main__ box.py", "plain None"]
    assert log.results("menu", "Add/Box") == ["ok", "ok"]


def test_a_pop_up_asks_for_the_submenu(play: Play) -> None:
    log = play(
        ev("menu", "Add", "Box", ""),
        ev("menu", "Mesh", "Plain", ""),
        ev("answer", '"Small"'),
        ev("menu", "Add", "Box", ""),
        ev("cancel"),
        texts=MENUS,
        menus="menus",
    )

    assert log.lines == ["plain None", "box s __main__ box.py"]
    assert log.results("menu", "Add/Box") == ["ok", "cancelled"]


def test_errors_and_exits_are_the_scripts_own_and_the_next_runs(play: Play) -> None:
    log = play(
        ev("menu", "Misc", "Bad", "", error=True),
        ev("menu", "Misc", "Ends", ""),
        ev("menu", "Mesh", "Plain", ""),
        texts=MENUS,
        menus="menus",
    )

    assert log.error["where"].endswith("bad.py:5")
    assert log.results("menu")[1:] == ["failed", "failed", "ok"], str(log)
    assert log.lines == ["plain None"]


@only_alone
def test_what_is_in_no_menu_is_an_error(play: Play) -> None:
    log = play(
        ev("menu", "Add", "Bax", "", error=True),
        ev("menu", "Add", "Box", "Tiny", error=True),
        ev("menu", "Nowhere", "Box", "", error=True),
        texts=MENUS,
        menus="menus",
    )

    what = [error["what"] for error in log.errors]
    assert "did you mean 'Box'?" in what[0]
    assert "has no submenu 'Tiny'" in what[1]
    assert "the menu Nowhere has no script" in what[2]


def test_a_script_invokes_entries_and_is_not_ended_by_them(play: Play) -> None:
    source = """
from pynodes import app
app.invoke_menu("Add", "Box", "s")
app.invoke_menu("Misc", "Ends")
app.invoke_menu("Misc", "Bad")
print("end", app.current_script(), app.argument)
"""
    log = play(ev("script", "a.py", error=True), texts={**MENUS, "a.py": source}, menus="menus")

    assert log.lines == ["box s __main__ box.py", "end a.py None"]


def test_quit_in_a_menu_script(play: Play) -> None:
    quits = HEADER.format(name="Quit", group="System") + "from pynodes import app; app.quit()"

    log = play(
        ev("menu", "System", "Quit", ""), ev("menu", "Mesh", "Plain", ""),
        texts={**MENUS, "menus/quit.py": quits}, menus="menus",
    )  # fmt: skip

    assert log.lines == []
    assert log.results("menu", "System/Quit") == ["ok"]


@only_alone
def test_a_folder_that_is_not_there_is_reported(play: Play) -> None:
    log = play(ev("quit"), menus="nowhere", status=None)

    assert "FileNotFoundError" in log.error["what"]
    assert log.status not in (0, None)
