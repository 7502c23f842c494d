"""The docs say what is true: options, commands, files, tables, excerpts are held against the code.

What needs a host is skipped, with the reason, where there is none.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import subprocess
import sys
import types
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import click
import pytest

from pynodes.cli.commands import COMMANDS
from pynodes.cli.group import group
from pynodes.errors import PynodesError
from pynodes.host.find import find_host
from pynodes.model import event
from pynodes.model.job import Job
from pynodes.model.record import Record
from pynodes.model.verdict import Verdict
from pynodes.nodes import LIBRARY, _plain
from pynodes.nodes.testing import call_node, make_node
from pynodes.replay.kinds import KINDS

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
TOP = [README, ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md"]
DOCS = sorted([*TOP, *(ROOT / "docs").glob("*.md")])
NAMES = [str(path.relative_to(ROOT)) for path in DOCS]
NATIVE_TABLE = Path(__file__).parent / "nodes" / "native_kinds.json"

FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
EXCERPT = re.compile(r"<!-- from (\S+) -->\n```c(?:pp)?\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)|<img src=\"([^\"]+)\"")
CODE = re.compile(r"`([^`\n]+)`")


def text_of(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def blocks(text: str, *languages: str) -> list[str]:
    return [found[2] for found in FENCE.finditer(text) if found[1] in languages]


def marked(name: str, mark: str) -> str:
    """What stands between <!-- mark:begin --> and <!-- mark:end -->."""
    text = text_of(name)
    found = re.search(rf"<!-- {mark}:begin -->\n(.*?)<!-- {mark}:end -->", text, re.DOTALL)
    assert found is not None, f"{name} has no place marked {mark}"
    return found[1]


def rows(table: str) -> list[list[str]]:
    """Cells of a Markdown table's body."""
    lines = [line for line in table.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines[2:]]


def host_or_skip() -> Path:
    try:
        return find_host()
    except PynodesError as error:
        pytest.skip(f"no host: {error.what}")


def pasted(text: str, program: str) -> list[str]:
    """Lines of shell blocks that start with `program`."""
    lines = [
        line.removeprefix("again: ").removeprefix("$ ")
        for block in blocks(text, "sh", "console")
        for line in block.splitlines()
    ]
    return [line for line in lines if line == program or line.startswith(f"{program} ")]


def mentioned(text: str, program: str) -> list[str]:
    """Code in the running text that starts with `program`; it may leave out arguments."""
    found = CODE.findall(FENCE.sub("", text))
    return [code for code in found if code == program or code.startswith(f"{program} ")]


def host_options() -> set[str]:
    """Every option in the host's own table, those for its workers included."""
    table = text_of("host/wire/options.h")
    row = re.compile(r'^    X\(\w+, [^"]+, "([a-z-]+)",', re.MULTILINE)
    return {f"--{name}" for name in row.findall(table)}


def anchors(text: str) -> set[str]:
    """Anchors of headings as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}


# --- commands and options ---


def all_command_lines() -> Iterator[tuple[str, str, bool]]:
    for name in NAMES:
        for line in pasted(text_of(name), "pynodes"):
            yield name, line, True
        for line in mentioned(text_of(name), "pynodes"):
            yield name, line, False


@pytest.mark.parametrize(("name", "line", "is_whole"), sorted(set(all_command_lines())))
def test_pynodes_command_in_docs_parses(
    name: str, line: str, is_whole: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arguments = shlex.split(re.split(r" [|>] ", line)[0], comments=True)[1:]
    for argument in arguments:
        if argument.endswith(".py"):
            path = tmp_path / argument
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
    monkeypatch.chdir(tmp_path)

    if not arguments or arguments[0].startswith("-"):
        parse(group, "pynodes", arguments)
        return
    command = group.get_command(click.Context(group), arguments[0])
    assert command is not None, f"{name}: no command {arguments[0]!r}"
    try:
        parse(command, f"pynodes {arguments[0]}", arguments[1:])
    except click.MissingParameter:
        assert not is_whole, f"{name}: {line}"


def parse(command: click.Command, name: str, arguments: list[str]) -> None:
    """Read the arguments, run nothing; --help and --version are fine."""
    with suppress(click.exceptions.Exit):
        command.make_context(name, list(arguments))


def parts_of(command: click.Command) -> list[click.Command]:
    """The command, and those below it."""
    return [command, *(command.commands.values() if isinstance(command, click.Group) else ())]


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_of_command_is_in_docs(command: str) -> None:
    found = group.get_command(click.Context(group), command)
    assert found is not None
    text = text_of("docs/command-line.md")
    section = text.split(f"## `pynodes {command}`")[1].split("\n## ")[0]

    options = [
        param
        for part in parts_of(found)
        for param in part.params
        if isinstance(param, click.Option)
    ]
    spelt = [name for option in options for name in (*option.opts, *option.secondary_opts)]

    assert [name for name in spelt if f"`{name}" not in section] == []


def test_every_option_in_docs_exists() -> None:
    """An option that is gone may not stay in the tables of options."""
    known = host_options()
    for name in COMMANDS:
        command = group.get_command(click.Context(group), name)
        assert command is not None
        known |= {opt for part in parts_of(command) for param in part.params for opt in param.opts}
    listed = {
        option
        for line in text_of("docs/command-line.md").splitlines()
        if line.startswith("| `-")
        for option in re.findall(r"--[a-z][a-z-]*", line.split("|")[1])
    }

    assert listed - known == set()


def test_every_host_option_is_in_docs() -> None:
    text = text_of("docs/command-line.md") + text_of("docs/host.md")

    assert [name for name in sorted(host_options()) if f"`{name}" not in text] == []


@pytest.mark.parametrize("name", NAMES)
def test_host_command_in_docs_uses_options_that_exist(name: str) -> None:
    known = host_options()

    for line in [*pasted(text_of(name), "pynodes-host"), *mentioned(text_of(name), "pynodes-host")]:
        used = re.findall(r"--[a-z][a-z-]*", line)
        assert set(used) <= known, line


def test_every_verdict_and_record_field_is_in_docs() -> None:
    text = text_of("docs/command-line.md") + text_of("docs/figures.md")
    fields = list(Record.of_job(Verdict.OK, "", Job(Path("scene.py"))).to_json())

    assert [verdict for verdict in Verdict if f"`{verdict}`" not in text] == []
    assert [name for name in fields if f"`{name}`" not in text] == []


def test_verdicts_in_docs_have_their_exit_status() -> None:
    table = text_of("docs/command-line.md").split("## Verdicts")[1].split("\n## ")[0]
    listed = {cells[0].strip("`"): int(cells[1]) for cells in rows(table) if cells[0]}

    assert listed == {verdict: Verdict(verdict).exit_code for verdict in listed}


# --- files ---


@pytest.mark.parametrize("name", NAMES)
def test_relative_link_leads_somewhere(name: str) -> None:
    folder = (ROOT / name).parent
    for found in LINK.finditer(FENCE.sub("", text_of(name))):
        target = found[1] or found[2]
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = folder / path if path else ROOT / name
        assert file.exists(), f"{name} links {target}"
        if anchor:
            assert anchor in anchors(file.read_text(encoding="utf-8")), f"{name} links {target}"


@pytest.mark.parametrize("name", NAMES)
def test_project_file_in_command_exists(name: str) -> None:
    text = text_of(name)
    shell = "\n".join(blocks(text, "sh", "console"))
    for word in re.findall(r"(?:tools|scripts|host|tests)/[\w./-]+\.(?:py|c|h|sh)\b", shell):
        assert (ROOT / word).is_file(), f"{name} names {word}"
    for word in re.findall(r"`(?:python3 )?((?:tools|scripts|host|docs)/[\w/-]+\.\w+)[` ]", text):
        assert (ROOT / word).is_file(), f"{name} names {word}"


@pytest.mark.parametrize("name", NAMES)
def test_no_path_of_a_machine_is_in_docs(name: str) -> None:
    assert re.findall(r"(?<!\w)/(?:tmp|root|work|opt/pythons)/\S*", text_of(name)) == []


def test_pictures_are_small_enough() -> None:
    pictures = sorted((ROOT / "docs" / "pictures").iterdir())

    assert sum(picture.stat().st_size for picture in pictures) < 900_000
    assert [p.name for p in pictures if p.name not in README.read_text(encoding="utf-8")] == []


# --- excerpts and tables ---


def excerpts() -> list[tuple[str, str, str]]:
    return [
        (name, found[1], found[2]) for name in NAMES for found in EXCERPT.finditer(text_of(name))
    ]


@pytest.mark.parametrize(("name", "source", "code"), excerpts())
def test_c_excerpt_is_in_its_source(name: str, source: str, code: str) -> None:
    # the formatter puts the backslashes of a macro into one column
    lines = iter(re.sub(r" +\\$", r" \\", text_of(source), flags=re.MULTILINE).splitlines())
    for line in code.splitlines():
        if line.strip() not in ("", "..."):
            assert any(line == each for each in lines), f"{name}: not in {source}, in order: {line}"


@pytest.mark.parametrize("name", ["docs/engines.md", "docs/embedding.md"])
def test_every_c_block_names_its_source(name: str) -> None:
    text = text_of(name)

    assert len(blocks(text, "c", "cpp")) == len(EXCERPT.findall(text))


def test_functions_named_in_readme_exist() -> None:
    for line in README.read_text(encoding="utf-8").splitlines():
        source = re.search(r"\((host/[\w/]+\.[ch])\)", line)
        if source is not None and line.startswith("| "):
            for name in re.findall(r"`(pn_\w+|PN_\w+)`", line):
                assert is_defined_in_one_of(name, line), (
                    f"{name} is in none of the files of: {line}"
                )


def is_defined_in_one_of(name: str, line: str) -> bool:
    files = re.findall(r"\((host/[\w/]+\.[ch])\)", line)
    return any(re.search(rf"\b{name}\b", text_of(file)) for file in files)


def test_events_in_docs_equal_the_model() -> None:
    listed = {}
    for kind, _, fields in rows(marked("docs/host.md", "events")):
        listed[kind.strip("`")] = set(CODE.findall(strip_asides(fields)))

    assert set(listed) == set(event.KINDS)
    for kind, cls in event.KINDS.items():
        known = {*cls._fields} - {"totals"}
        assert listed[kind] == known, kind


def strip_asides(cell: str) -> str:
    """Without what stands in brackets."""
    return re.sub(r"\([^()]*\)", "", cell)


def test_shading_fields_in_docs_equal_the_model() -> None:
    ours = {row[0].strip("`") for row in rows(marked("docs/nodes.md", "shi"))}
    old = {
        name for row in rows(marked("docs/nodes.md", "shi-old")) for name in CODE.findall(row[0])
    }
    known = set(vars(_plain.ShadingInput())) | {"random()"}

    assert ours & old == set()
    assert ours | old == known


def test_shading_fields_in_docs_equal_the_host() -> None:
    source = text_of("host/node/shading_view.c")
    getset = source.split("getset[] = {")[1].split("{NULL")[0]
    known = set(re.findall(r'(?:\{|VEC3\(|DERIV\(|HELD\(|COMPUTED\()"(\w+)"', getset)) | {
        "random()"
    }
    table = marked("docs/nodes.md", "shi") + marked("docs/nodes.md", "shi-old")
    listed = {
        name
        for line in table.splitlines()
        for name in CODE.findall(line.split("|")[1] if "|" in line else "")
    }

    assert listed == known


def test_native_nodes_in_docs_equal_the_table() -> None:
    kinds = json.loads(NATIVE_TABLE.read_text(encoding="utf-8"))
    listed = [row[0].strip("`") for row in rows(marked("docs/nodes.md", "native-nodes"))]

    assert listed == [kind["name"] for kind in kinds]


def test_native_nodes_in_docs_and_tests_equal_the_host() -> None:
    host = host_or_skip()

    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "make" / "native_nodes.py"), "--check"],
        env={**os.environ, "PYNODES_HOST": str(host)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr


def test_library_nodes_in_docs_equal_the_library() -> None:
    section = text_of("docs/nodes.md").split("## Library nodes")[1].split("\n## ")[0]
    listed = {re.sub(r"\W.*", "", row[0].lstrip("[`")): row for row in rows(section)}

    assert set(listed) == {cls.__name__ for cls in LIBRARY}
    for cls in LIBRARY:
        inputs, outputs = vars(make_node(cls))["_pynodes_testing_sockets"]
        assert CODE.findall(listed[cls.__name__][2]) == [socket.name for socket in inputs]
        assert CODE.findall(listed[cls.__name__][3]) == [socket.name for socket in outputs]


# --- the README's tour ---


def tour(part: str) -> str:
    """The one Python block of the README that has this in it."""
    found = [each for each in blocks(README.read_text(encoding="utf-8"), "python") if part in each]
    assert len(found) == 1, f"{len(found)} blocks with {part!r}"
    return found[0]


def run_source(source: str, name: str) -> types.ModuleType:
    module = types.ModuleType(name)
    exec(compile(source, f"{name}.py", "exec"), vars(module))
    return module


def test_readme_node_computes() -> None:
    rings = run_source(tour("class Rings"), "rings").Rings

    middle = call_node(rings)
    ring = call_node(rings, inputs={"Coords": (0.25 / 6.0, 9.0, 0.0)})

    assert middle.Color == pytest.approx((0.525, 0.265, 0.10, 1))
    assert ring.Color == pytest.approx((0.75, 0.40, 0.15, 1), abs=1e-3)


def test_readme_broken_node_gives_the_message_shown() -> None:
    broken = run_source(tour("class Rings").replace("input.Rings", "input.Ring"), "rings").Rings

    with pytest.raises(AttributeError) as caught:
        call_node(broken)

    text = README.read_text(encoding="utf-8")
    assert f"error: AttributeError: {caught.value}\n" in text
    assert f"AttributeError: {caught.value}" in text_of("docs/nodes.md")


@pytest.mark.parametrize("scene", ["rings.py", "log.py"])
def test_readme_scene_renders(scene: str, tmp_path: Path) -> None:
    host = host_or_skip()
    (tmp_path / "rings.py").write_text(tour("class Rings"), encoding="utf-8")
    (tmp_path / "log.py").write_text(tour("def build"), encoding="utf-8")

    done = subprocess.run(
        [host, "--size", "24x18", "--samples", "1", "-t", "2", "--engine", "shared", scene],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stderr


def test_nodes_page_test_example_holds() -> None:
    found = blocks(text_of("docs/nodes.md"), "python")
    stripes = next(block for block in found if "class Stripes" in block)
    example = next(block for block in found if "call_node(Stripes" in block)

    run_source(stripes + example, "example")


def test_dev_commands_in_docs_exist() -> None:
    helped = subprocess.run(
        [sys.executable, ROOT / "tools" / "dev.py", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={**os.environ, "COLUMNS": "200"},
    ).stdout
    known = set(re.search(r"\{([\w,]+)\}", helped)[1].split(","))  # type: ignore[index]

    used = {word for name in NAMES for word in re.findall(r"tools/dev\.py (\w+)", text_of(name))}

    assert used <= known


def test_events_of_replays_in_docs_equal_the_kinds() -> None:
    listed = {}
    for kinds, keys in rows(marked("docs/entry-points.md", "events-of-replays")):
        for kind in CODE.findall(kinds):
            listed[kind] = set(CODE.findall(strip_asides(keys)))

    assert listed == {kind: {key.name for key in keys} for kind, keys in KINDS.items()}


def test_entry_points_are_numbered_in_the_table_with_their_tests() -> None:
    table = rows(marked("docs/entry-points.md", "entry-points"))

    numbers = {int(row[0].split()[0]) for row in table}
    assert numbers == set(range(1, len(numbers) + 1))
    for row in table:
        assert re.findall(r"test_\w+\.py", row[5]), row[0]
