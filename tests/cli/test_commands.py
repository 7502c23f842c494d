"""Help, version, nodes and doctor; and the whole command line is quick to come up."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from pynodes.cli.commands import COMMANDS
from pynodes.cli.render import command as render

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

HEAVY = (
    "click",
    "pathlib",
    "numpy",
    "PIL",
    "rich",
    "asyncio",
    "importlib.metadata",
    "pynodes.cli.render",
)
RENDER_EXAMPLES = render.examples


def test_help_lists_every_command_with_its_own_words(cli: CommandLine) -> None:
    result = cli.run("--help")

    assert result.status == 0
    for name, entry in COMMANDS.items():
        assert f"{name} " in result.out
        assert entry.help in result.out
        assert f"  {entry.help}" in cli.run(name, "--help").out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_has_help(name: str) -> None:
    import click

    from pynodes.cli.group import group

    command = group.get_command(click.Context(group), name)

    assert command is not None
    for param in command.params:
        if isinstance(param, click.Option):
            assert param.help, param.name


def test_help_imports_nothing_heavy(cli: CommandLine) -> None:
    code = (
        "import sys; sys.argv[1:] = ['--help']; from pynodes.cli import main; main(); "
        f"print([name for name in {HEAVY!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=cli.environ,
        timeout=cli.limit_s,
        check=False,
    )

    assert done.stderr.strip() == "[]"


def test_no_command_shows_the_help_and_is_usage(cli: CommandLine) -> None:
    result = cli.run()

    assert result.status == 2
    assert "Set up:" in result.err


def test_unknown_command_is_usage_with_a_near_miss(cli: CommandLine) -> None:
    result = cli.run("rendr")

    assert result.status == 2
    assert "no command 'rendr'\n" in result.err
    assert "help:  did you mean render?" in result.err


def test_version_names_package_python_gil_and_compiler(cli: CommandLine) -> None:
    result = cli.run("--version")

    assert result.status == 0
    assert result.out.startswith("pynodes ")
    assert "GIL o" in result.out
    assert "GCC 12.2.0" in result.out


def test_version_without_a_host_still_tells_the_rest(cli: CommandLine) -> None:
    cli.environ["PYNODES_HOST"] = "/nowhere/host"

    result = cli.run("--version")

    assert result.status == 0
    assert "host: there is no /nowhere/host" in result.out


def test_nodes_lists_names_sockets_and_what_they_are(cli: CommandLine) -> None:
    lines = cli.run("nodes").out.splitlines()

    assert "Python nodes" in lines
    assert "  Tilings  Coords Scale -> Color  Tiles of the plane." in lines
    assert "native nodes" in lines


def test_nodes_of_one_name_tells_all(cli: CommandLine) -> None:
    result = cli.run("nodes", "tilings")

    assert "Tilings  (python, pynodes.nodes)" in result.out
    assert "    Scale   value   3          0 .. 100" in result.out.splitlines()
    assert "Regular ones." in result.out


def test_nodes_of_a_wrong_name_suggests_one(cli: CommandLine) -> None:
    result = cli.run("nodes", "Tillings")

    assert result.status == 2
    assert "did you mean Tilings?" in result.err


def test_nodes_as_json_is_what_the_host_said(cli: CommandLine) -> None:
    assert [node["name"] for node in json.loads(cli.run("nodes", "--json").out)] == [
        "Tilings",
        "Noise",
    ]
    assert json.loads(cli.run("nodes", "Noise", "--json").out)["kind"] == "native"


def test_nodes_of_a_missing_file_is_usage(cli: CommandLine) -> None:
    assert cli.run("nodes", "--file", "none.py").status == 2


def test_doctor_finds_a_matching_host(cli: CommandLine) -> None:
    found = json.loads(cli.run("doctor", "--json").out)
    states = {check["name"]: check["state"] for check in found["checks"]}

    assert {states[name] for name in ("host", "host runs", "host matches")} == {"ok"}
    assert {states[name] for name in ("Python", "numpy", "Pillow", "cores")} <= {"ok", "note"}
    assert found["ok"] == ("missing" not in states.values())


def test_doctor_without_a_host_says_how_to_get_one(cli: CommandLine) -> None:
    cli.environ["PYNODES_HOST"] = "/nowhere/host"

    result = cli.run("doctor")

    assert result.status == 1
    assert "missing  host " in result.out
    assert "PYNODES_HOST" in result.out
    assert "1 missing: host" in result.out


def test_doctor_tells_a_host_of_another_table(cli: CommandLine) -> None:
    table = json.loads(cli.environ["FAKE_HOST_TABLE"])
    table["options"] = table["options"][1:]
    cli.environ["FAKE_HOST_TABLE"] = json.dumps(table)

    result = cli.run("doctor")

    assert result.status == 1
    assert "--threads is missing in the host" in result.out


def test_doctor_names_packages_when_there_is_no_compiler(cli: CommandLine) -> None:
    cli.environ["CC"] = "no-such-compiler"
    cli.environ["PYNODES_HOST"] = "/nowhere/host"

    result = cli.run("doctor")

    assert "missing  C compiler" in result.out
    assert "sudo apt install gcc" in result.out
    assert "sudo dnf install gcc" in result.out


# doctor --imports


needs_own_gil = pytest.mark.skipif(
    sys.version_info < (3, 12), reason="needs interpreters with a GIL of their own (Python 3.12)"
)


@needs_own_gil
def test_doctor_tries_the_imports_of_a_scene(cli: CommandLine) -> None:
    cli.scene("scene.py", "import beside\nimport numpy\n").scene("beside.py", "import click\n")

    result = cli.run("doctor", "--imports", "scene.py")

    assert result.status == 1, result.err
    lines = result.out.splitlines()
    assert lines[0].startswith("Python 3.")
    assert any(line.startswith("ok       beside beside the scene") for line in lines)
    assert any(line.startswith("ok       click ") and "for beside" in line for line in lines)
    assert any(line.startswith("refuses  numpy ") for line in lines)
    assert lines[-1].startswith("numpy does not load in an interpreter with its own GIL: use ")


@needs_own_gil
def test_doctor_tells_the_imports_as_json(cli: CommandLine) -> None:
    cli.scene("scene.py", "import json, click\n")

    result = cli.run("doctor", "--imports", "scene.py", "--json")

    assert result.status == 0, result.err
    assert (result.record["arises"], result.record["well"]) == (True, True)
    (click,) = result.record["modules"]
    assert (click["module"], click["own_gil"], click["asked_by"]) == ("click", "yes", ["scene.py"])


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="needs a Python older than 3.12")
def test_doctor_of_an_old_python_says_that_the_question_does_not_arise(cli: CommandLine) -> None:
    cli.scene("scene.py", "import numpy\n")

    result = cli.run("doctor", "--imports", "scene.py")

    assert result.status == 0
    assert "the question does not arise" in result.out
    assert cli.run("doctor", "--imports", "scene.py", "--json").record["arises"] is False


def test_doctor_of_a_broken_scene_cannot_start(cli: CommandLine) -> None:
    cli.scene("scene.py", "import nosuchthing\n")

    result = cli.run("doctor", "--imports", "scene.py")

    assert result.status == 3
    assert "error: ModuleNotFoundError: No module named 'nosuchthing'" in result.err
    assert "where: scene.py:1" in result.err


def test_doctor_of_a_missing_scene_is_usage_with_near_misses(cli: CommandLine) -> None:
    result = cli.run("doctor", "--imports", "scen.py")

    assert result.status == 2
    assert "did you mean scene.py?" in result.err


def test_run_lists_menus_and_tells_what_is_wrong_with_them(cli: CommandLine) -> None:
    head = "#!pynodes menu\n# Name: {}\n# Group: {}\n"
    (cli.folder / "menus").mkdir()
    box = head.format("Box", "Add") + "# Tooltip: adds one\n# Submenu: Small\n"
    (cli.folder / "menus" / "box.py").write_text(box)
    (cli.folder / "menus" / "odd.py").write_text(head.format("Odd", "Ad"))

    result = cli.run("run", "--list-menus", "menus")

    assert result.status == 0
    assert [line.split() for line in result.out.splitlines()] == [
        ["Add", "Box", "[Small]", "adds", "one"],
        ["Misc", "Odd"],
    ]
    assert "did you mean 'Add'?" in result.err


def test_run_of_nothing_and_menus_that_are_nowhere_are_refused(cli: CommandLine) -> None:
    assert "missing argument 'SCRIPT.py'" in cli.run("run").err
    assert "cannot read the folder nowhere" in cli.run("run", "--list-menus", "nowhere").err


# --- help ---


def test_help_command_shows_the_pages_of_commands(cli: CommandLine) -> None:
    assert cli.run("help") == cli.run("--help") == cli.run("-h")
    assert cli.run("help", "render").out == cli.run("render", "--help").out
    assert cli.run("help", "results", "list").out == cli.run("results", "list", "-h").out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["rendr"], "where: pynodes help\n  help:  did you mean render?"),
        (["results", "lst"], "where: pynodes help\n  help:  did you mean list?"),
        (["render", "scene.py"], "pynodes render has no commands below it"),
    ],
)
def test_help_of_what_is_no_command_is_usage(cli: CommandLine, words: list[str], said: str) -> None:
    result = cli.run("help", *words)

    assert result.status == 2
    assert said in result.err


def test_short_version_is_the_version(cli: CommandLine) -> None:
    assert cli.run("-V").out == cli.run("--version").out


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("--sample", "--samples"),
        ("--thraeds", "--threads"),
        ("--output", "--out"),
        ("--no-clobber", ""),
        ("--watch", ""),
        ("--cmd", ""),
        ("--rendr", ""),
    ],
)
def test_unknown_option_has_near_misses_only(cli: CommandLine, word: str, near: str) -> None:
    result = cli.run("render", "scene.py", word)

    assert result.status == 2
    assert f"error: no such option {word}\n" in result.err
    help = f"did you mean {near}?" if near else "`pynodes render --help` says what is accepted"
    assert f"help:  {help}\n" in result.err


def test_aliases_mean_what_they_stand_for(cli: CommandLine) -> None:
    result = cli.render("-j", "3", "--spp", "2", "--verbose")

    assert "-t 3 " in result.err or "--threads 3 " in result.err
    assert "--samples 2 " in result.err


@pytest.mark.parametrize("line", [line for line, _ in RENDER_EXAMPLES])
def test_example_of_render_runs(cli: CommandLine, line: str) -> None:
    for name in ("scene.py", "node.py"):
        cli.scene(name)

    small = () if "--size" in line else ("--size", "32x32")

    result = cli.run(*shlex.split(line)[1:], *small)

    assert result.status == 0, result.err
