"""Configuration: what holds where several say something, and every mistake with its place."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine, Result

EVERYWHERE = """
[render]
threads = 3
size = "32x16"
verbose = true
define = ["scale=2"]
"""


def config(cli: CommandLine, text: str, name: str = "pynodes.toml") -> CommandLine:
    path = cli.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return cli


def host_line(result: Result) -> str:
    """The host's command line, as --verbose shows it."""
    assert result.status == 0, result.err
    [line] = [each for each in result.err.splitlines() if each.startswith("$ ")]
    return f"{line} "


def render(cli: CommandLine, *arguments: str) -> str:
    return host_line(cli.run("render", "scene.py", "-v", *arguments))


# --- who wins ---


def test_values_come_from_the_nearest_file(cli: CommandLine) -> None:
    config(cli, EVERYWHERE)

    line = render(cli)

    assert "--threads 3 " in line and "--size 32x16 " in line and "--define scale=2 " in line


def test_command_line_wins_over_environment_over_file_over_user(cli: CommandLine) -> None:
    cli.environ["XDG_CONFIG_HOME"] = str(cli.folder / "home")
    user = "[render]\nthreads = 2\nsamples = 2\nseed = 2\ntile = 2\n"
    config(cli, user, "home/pynodes/config.toml")
    config(cli, "[render]\nthreads = 3\nsamples = 3\nseed = 3\n")
    cli.environ |= {"PYNODES_RENDER_THREADS": "4", "PYNODES_RENDER_SAMPLES": "4"}

    line = render(cli, "-t", "5")

    for words in ("--threads 5 ", "--samples 4 ", "--seed 3 ", "--tile 2 "):
        assert words in line


def test_nearest_file_is_found_from_below_and_is_the_only_one(cli: CommandLine) -> None:
    config(cli, "[render]\nthreads = 3\nsamples = 3\n")
    below = cli.folder / "a" / "b"
    config(cli, "[render]\nthreads = 4\n", "a/pynodes.toml")
    below.mkdir()
    (below / "scene.py").write_text("def build(params, frame): ...\n")
    cli.folder = below

    line = render(cli)

    assert "--threads 4 " in line and "--samples 4 " in line


def test_pyproject_counts_where_it_has_our_table(cli: CommandLine) -> None:
    config(cli, "[tool.pynodes.render]\nthreads = 3\n", "pyproject.toml")
    assert "--threads 3 " in render(cli)

    config(cli, "[render]\nthreads = 2\n")  # beside it pynodes.toml wins
    assert "--threads 2 " in render(cli)


def test_pyproject_without_our_table_is_passed_over(cli: CommandLine) -> None:
    config(cli, "[render]\nthreads = 3\n")
    config(cli, "[project]\nname = 'x'\n", "sub/pyproject.toml")
    (cli.folder / "sub" / "scene.py").write_text("def build(params, frame): ...\n")
    cli.folder = cli.folder / "sub"

    assert "--threads 3 " in render(cli)


@pytest.mark.parametrize("before", [True, False])
def test_no_config_leaves_all_aside(cli: CommandLine, before: bool) -> None:
    config(cli, "[nonsense\n")
    cli.environ["PYNODES_RENDER_THREADS"] = "many"
    words = ["render", "scene.py", "--no-config"]

    result = cli.run(*(["--no-config", *words[:2]] if before else words))

    assert result.status == 0, result.err


def test_a_flag_is_undone_by_what_is_nearer(cli: CommandLine) -> None:
    config(cli, "[render]\nverbose = true\n")
    cli.environ["PYNODES_RENDER_VERBOSE"] = "off"

    assert "$ " not in cli.run("render", "scene.py").err


@pytest.mark.parametrize(
    ("text", "arguments"),
    [
        ("frame = 3", ["--frames", "1..2"]),
        ("quiet = true", ["--verbose"]),
        ("out = 'x.png'\nlimit = 5", ["--pixel", "1,1"]),
    ],
)
def test_what_is_set_gives_way_to_its_opposite(
    cli: CommandLine, text: str, arguments: list[str]
) -> None:
    config(cli, f"[render]\n{text}\n")

    result = cli.run("render", "scene.py", *arguments)

    assert "contradict" not in result.err and "leave" not in result.err


def test_nearer_settings_take_back_what_they_contradict(cli: CommandLine) -> None:
    config(cli, "[render]\nframes = '1..3'\n")
    cli.environ["PYNODES_RENDER_FRAME"] = "7"

    assert "--frames 7 " in render(cli)


def test_paths_in_a_file_are_relative_to_it(cli: CommandLine) -> None:
    config(cli, "[render]\nout = 'pictures/a.png'\n")
    (cli.folder / "pictures").mkdir()
    (cli.folder / "sub").mkdir()
    (cli.folder / "sub" / "scene.py").write_text("def build(params, frame): ...\n")
    top = cli.folder
    cli.folder = top / "sub"

    assert cli.run("render", "scene.py").status == 0
    assert (top / "pictures" / "a.png").exists()


@pytest.mark.parametrize("out", ["../a.png", "/tmp/a.png", "~/a.png", "link/a.png"])
def test_paths_in_a_file_that_lies_in_a_folder_stay_below_it(cli: CommandLine, out: str) -> None:
    (cli.folder / "link").symlink_to("..")
    config(cli, f"[render]\nout = '{out}'\n")

    result = cli.run("render", "scene.py")

    assert result.status == 2
    assert f"error: out: {out} is not below the folder of this file\n" in result.err
    assert "  where: pynodes.toml:2\n" in result.err


def test_paths_in_the_file_of_the_user_go_anywhere(cli: CommandLine) -> None:
    home, out = cli.folder / "home", cli.folder / "a.png"
    cli.environ |= {"XDG_CONFIG_HOME": str(home), "HOME": str(cli.folder)}
    config(cli, "[render]\nout = '~/a.png'\n", "home/pynodes/config.toml")

    assert cli.run("render", "scene.py").status == 0
    assert out.exists()


def test_commands_below_others_have_tables_below_theirs(cli: CommandLine) -> None:
    config(cli, "[results.list]\ncolor = 'always'\njson = true\ndb = 'none.db'\n")

    assert "none.db" in cli.run("results", "list").err
    assert cli.run("results").err == cli.run("results", "list").err  # the bare group is its list


def test_parameters_can_be_a_table(cli: CommandLine) -> None:
    config(cli, "[render.define]\nscale = 2.5\nname = 'red'\nat = [1, 2]\n")

    line = render(cli)

    for words in ("scale=2.5", "name=red", "'at=[1, 2]'"):
        assert f"--define {words} " in line


# --- what is wrong ---

WRONG = [
    ("[rendr]\nx = 1", "no command 'rendr' to configure", ":1", "did you mean render?"),
    ("threads = 2", "no command 'threads' to configure", ":1", "write it below [render]"),
    ("render = 2", "render is a command, and its settings are a table", ":1", "write [render]"),
    (
        "\n[render]\nthread = 2",
        "pynodes render has no option 'thread'",
        ":3",
        "did you mean threads?",
    ),
    (
        "[render]\nwatch = true",
        "pynodes render has no option 'watch'",
        ":2",
        "`pynodes config show render` lists what can be set",
    ),
    (
        "[render]\nthreads = 0",
        "threads: '0' is not a number of threads",
        ":2",
        "write a whole number",
    ),
    ("[render]\norder = 'hilbrt'", "order: 'hilbrt' is not one of", ":2", "did you mean hilbert?"),
    ("[render]\nquiet = 1", "quiet: 1 is not true or false", ":2", "write true or false"),
    ("[render]\npython = 3.10", "python: 3.1 is a number, and this is a text", ":2", "in quotes"),
    ("[render]\nsize = 640", "size: 640 is a number, and this is a text", ":2", "in quotes"),
    ("[render]\nout = 2020-01-01", "out: a time cannot be its value", ":2", "in quotes"),
    ("[render]\nthreads = {a = 1}", "threads: a table cannot be its value", ":2", "in quotes"),
    ("[render]\ndefine = ['x']", "define: 'x' is not NAME=VALUE", ":2", "like -D scale=4"),
    ("[render]\nframes = '3..1'", "frames: the range '3..1' is empty", ":2", "write 1..3"),
    (
        "[render]\nscript = ['x.py']",
        "script cannot be configured: it names code",
        ":2",
        "give --script",
    ),
    (
        "[render]\npixel = '1,2'",
        "pixel cannot be configured: it is of one run",
        ":2",
        "give --pixel",
    ),
    ("render.threds = 2", "pynodes render has no option 'threds'", ":1", "did you mean threads?"),
    ("[render]\nx =", "the configuration is not TOML: Invalid value", ":2", "--no-config"),
    ("[render\n", "the configuration is not TOML: Expected ']'", ":1", "--no-config"),
]


@pytest.mark.parametrize(("text", "what", "line", "help"), WRONG, ids=[w[0] for w in WRONG])
@pytest.mark.parametrize("name", ["pynodes.toml", "pyproject.toml"])
def test_wrong_file_is_an_error_with_its_line(
    cli: CommandLine, name: str, text: str, what: str, line: str, help: str
) -> None:
    if name == "pyproject.toml":
        text = text.replace("[render", "[tool.pynodes.render").replace(
            "[rendr", "[tool.pynodes.rendr"
        )
        if not text.lstrip().startswith("["):
            text = f"tool.pynodes.{text}"
    config(cli, text, name)

    result = cli.run("render", "scene.py")

    assert result.status == 2
    assert result.err.startswith(f"error: {what}"), result.err
    assert f"\n  where: {name}{line}\n" in result.err
    assert help in result.err.partition("  help:  ")[2]


@pytest.mark.parametrize(
    ("variable", "value", "what", "help"),
    [
        (
            "RENDER_THREAD",
            "2",
            "pynodes render has no option 'thread'",
            "mean PYNODES_RENDER_THREADS",
        ),
        ("RENDER_THREADS", "many", "threads: 'many' is not a number of threads", "write a whole"),
        ("RENDER_QUIET", "maybe", "quiet: 'maybe' is not true or false", "write true or false"),
        ("RENDER_PIXEL", "1,2", "pixel cannot be configured: it is of one run", "give --pixel"),
    ],
)
def test_wrong_variable_is_an_error(
    cli: CommandLine, variable: str, value: str, what: str, help: str
) -> None:
    cli.environ[f"PYNODES_{variable}"] = value

    result = cli.run("render", "scene.py")

    assert result.status == 2
    assert result.err.startswith(
        f"error: {what}\n  where: environment variable PYNODES_{variable}\n"
    )
    assert help in result.err


@pytest.mark.parametrize(
    ("variable", "meant"),
    [("THREADS", "RENDER_THREADS"), ("RENDR_SIZE", "RENDER_SIZE")],
)
def test_variable_that_is_meant_for_us_and_not_used_is_a_warning(
    cli: CommandLine, variable: str, meant: str
) -> None:
    cli.environ[f"PYNODES_{variable}"] = "3"

    result = cli.run("render", "scene.py")

    assert result.status == 0
    assert result.err.startswith(f"warning: PYNODES_{variable} is not used\n")
    assert f"did you mean PYNODES_{meant}?" in result.err
    assert "is not used" not in cli.run("render", "scene.py", "--no-config").err


def test_variables_of_other_kinds_are_not_ours_to_judge(cli: CommandLine) -> None:
    cli.environ |= {
        "PYNODES_TEST_TIMEOUT_SCALE": "1",
        "PYNODES_WITNESS_LIBRARY": "",
        "PYNODES_C_TESTS": "x",
        "PYNODES_SWEEP_SIZE": "nonsense",  # another command's
        "PYNODES_RENDER_SIZE": "",  # empty is as not there
    }

    result = cli.run("render", "scene.py", "--quiet")

    assert result.status == 0
    assert "PYNODES_" not in result.err


def test_a_folder_in_the_place_of_a_file_is_an_error(cli: CommandLine) -> None:
    (cli.folder / "pynodes.toml").mkdir()

    result = cli.run("render", "scene.py")

    assert result.status == 2
    assert "error: the configuration cannot be read: it is a folder" in result.err


def test_error_of_the_command_line_says_what_is_configured(cli: CommandLine) -> None:
    config(cli, "[render]\nattach = 'fresh'\n")

    result = cli.run("render", "scene.py", "--engine", "isolated")

    assert result.status == 2
    assert "  where: pynodes render\n         with --attach fresh (pynodes.toml:2)\n" in result.err


def test_wrong_file_is_an_object_with_json(cli: CommandLine) -> None:
    config(cli, "[render]\nthreads = 0\n")

    result = cli.run("render", "scene.py", "--json")

    assert result.record["errors"][0]["where"] == "pynodes.toml:2"


def test_help_and_completion_do_without_it(cli: CommandLine) -> None:
    config(cli, "[nonsense\n")

    for words in (["render", "--help"], ["help", "render"], ["completion", "bash"]):
        assert cli.run(*words).status == 0
    assert "not TOML" not in cli.run("config", "path", "--no-config").err


# --- what is shown ---


def test_config_show_has_each_value_with_its_origin(cli: CommandLine) -> None:
    config(cli, EVERYWHERE + "[sweep]\nsize = ['8x8', '9x9']\n")
    cli.environ["PYNODES_REPORT_OUT"] = "page.html"

    rows = [line.split() for line in cli.run("config", "show").out.splitlines()]

    assert rows == [
        ["command", "option", "value", "from"],
        ["render", "threads", "3", "pynodes.toml:3"],
        ["render", "size", "32x16", "pynodes.toml:4"],
        ["render", "define", "scale=2", "pynodes.toml:6"],
        ["render", "verbose", "true", "pynodes.toml:5"],
        ["sweep", "size", "8x8,", "9x9", "pynodes.toml:8"],
        ["report", "out", "page.html", "environment", "variable", "PYNODES_REPORT_OUT"],
    ]


def test_config_show_of_a_command_has_its_defaults(cli: CommandLine) -> None:
    config(cli, EVERYWHERE)

    rows = {
        row["option"]: row for row in json.loads(cli.run("config", "show", "render", "--json").out)
    }

    assert rows["threads"] == {
        "command": "render",
        "option": "threads",
        "value": "3",
        "origin": "pynodes.toml:3",
    }
    assert (rows["samples"]["value"], rows["samples"]["origin"]) == ("4", "default")
    assert rows["limit"]["value"] is None and rows["quiet"]["value"] is False
    assert "pixel" not in rows and "script" not in rows


def test_config_show_of_nothing_says_where_it_could_be(cli: CommandLine) -> None:
    result = cli.run("config", "show")

    assert (result.status, result.out) == (0, "")
    assert "nothing is configured" in result.err
    assert json.loads(cli.run("config", "show", "--json").out) == []


def test_config_path_names_the_files(cli: CommandLine) -> None:
    cli.environ["XDG_CONFIG_HOME"] = str(cli.folder / "home")
    config(cli, EVERYWHERE)

    lines = cli.run("config", "path").out.splitlines()

    assert [line.split("  ")[0] for line in lines] == [
        str(cli.folder / "pynodes.toml"),
        str(cli.folder / "home" / "pynodes" / "config.toml"),
    ]
    assert lines[1].endswith("not there")


def test_config_show_of_an_option_says_that_commands_are_shown(cli: CommandLine) -> None:
    err = cli.run("config", "show", "render", "threads").err

    assert "error: pynodes render has no commands below it\n  where: pynodes config show\n" in err
    assert "help:  leave 'threads' out" in err


def test_config_show_of_no_command_is_usage(cli: CommandLine) -> None:
    err = cli.run("config", "show", "rendr").err

    assert "where: pynodes config show\n  help:  did you mean render?" in err


# --- lines to paste ---


def test_again_carries_what_was_configured_and_leaves_the_rest_aside(cli: CommandLine) -> None:
    config(cli, "[render]\nsamples = 2\nseed = 9\n")

    record = cli.host("node-error").run("render", "scene.py", "--samples", "4", "--json").record

    again = record["errors"][0]["again"]
    assert "--no-config" in again and "--seed 9" in again and "--samples" not in again


def test_again_leaves_nothing_aside_where_nothing_is_configured(cli: CommandLine) -> None:
    record = cli.host("node-error").render("--json").record

    assert "--no-config" not in record["errors"][0]["again"]


def test_frames_that_are_left_are_named_with_what_was_configured(cli: CommandLine) -> None:
    config(cli, "[render]\nframes = '1..3'\nsize = '16x16'\nseed = 3\nquiet = true\n")

    result = cli.host("killed").run("render", "scene.py", "--seed", "4")
    again = result.err.splitlines()[-1].removeprefix("again: ")

    assert again == (
        "pynodes render scene.py --size 16x16 --seed 4 --frames 2,3 --quiet --no-config"
    )
    config(cli, "[nonsense")
    assert cli.host("ok").run(*again.split()[1:]).status == 0


def test_sweep_stores_a_line_that_is_complete(cli: CommandLine) -> None:
    config(cli, "[sweep]\nrepeat = 1\nwarmup = 0\nthreads = [1, 2]\nsize = '16x16'\n")

    result = cli.run("sweep", "scene.py", "-t", "1")

    assert result.status == 0, result.err
    assert "configured: --repeat 1 (pynodes.toml:2)" in result.err
    with closing(sqlite3.connect(cli.folder / "pynodes.db")) as store:
        [[line]] = store.execute("SELECT command FROM session")
    assert line == "pynodes sweep --repeat 1 --warmup 0 --size 16x16 --no-config scene.py -t 1"
