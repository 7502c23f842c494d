"""Every wrong input is one clear message with the right status, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType

import click
import pytest
from wrong_inputs import LONG, VERY_LONG, Wrong, make_world, wrong_inputs

from pynodes.cli import main
from pynodes.cli.commands import COMMANDS
from pynodes.cli.group import group
from pynodes.cli.options import Value
from pynodes.errors import BadValueError, CannotStartError
from pynodes.host.find import find_host
from pynodes.options.kinds import Kind

LIMIT_S = 30.0
INPUTS = wrong_inputs()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that inputs are typed in; none of them may change it."""
    try:
        find_host()
    except CannotStartError:
        pytest.skip("no host: it was not built here")
    folder = tmp_path_factory.mktemp("world") / "here"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)  # a socket's path is short
        make_world(folder)
    return folder


@pytest.fixture
def scratch(world: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files; the current folder is the world."""
    monkeypatch.chdir(world)
    monkeypatch.setenv("TMPDIR", os.fspath(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", os.fspath(tmp_path / "cache"))
    monkeypatch.setattr(tempfile, "tempdir", None)
    return tmp_path


def contents(folder: Path) -> set[tuple[str, int, int]]:
    """Names, sizes and times of all that is in a folder."""
    facts = ((path, path.lstat()) for path in folder.rglob("*"))
    return {(str(path), each.st_size, each.st_mtime_ns) for path, each in facts}


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@contextmanager
def ended_after(seconds: float) -> Iterator[None]:
    """Fail where something waits for ever, as for a FIFO."""

    def give_up(number: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"not ended after {seconds} s")

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def shown(wrong: Wrong) -> str:
    return wrong.line if len(wrong.line) < 60 else f"{wrong.line[:57]}..."


@pytest.mark.parametrize("wrong", INPUTS, ids=shown)
def test_wrong_input_is_one_message_with_its_status(
    wrong: Wrong,
    world: Path,
    scratch: Path,
    capfd: pytest.CaptureFixture[str],
    scaled: Callable[[float], float],
) -> None:
    before, open_before = contents(world), descriptors()

    with ended_after(scaled(LIMIT_S)):
        status = main(wrong.argv)

    out, err = capfd.readouterr()
    lines = err.splitlines()
    assert status == wrong.status, err
    assert sum(line.startswith("error: ") for line in lines) == 1, err
    assert wrong.words in err
    assert out == ""
    assert max(map(len, lines)) < 1000  # nothing long is repeated whole
    assert "pynodes itself failed" not in err
    assert "/pynodes/cli/" not in err  # no traceback of ours
    assert not any("Warning" in line for line in lines)
    assert contents(world) == before
    assert list(scratch.iterdir()) == []
    assert descriptors() == open_before


def commands() -> Iterator[click.Context]:
    """Every command that is no group, as it is typed."""
    root = context(group, "pynodes")
    for name in COMMANDS:
        found = group.get_command(root, name)
        assert found is not None
        ctx = context(found, name, root)
        if not isinstance(found, click.Group):
            yield ctx
        else:
            for below, each in found.commands.items():
                yield context(each, below, ctx)


def context(command: click.Command, name: str, above: click.Context | None = None) -> click.Context:
    """With the command's own settings: it keeps what it finds by them."""
    return click.Context(command, info_name=name, parent=above, **command.context_settings)


def refused_values(param: click.Option) -> Iterator[list[str]]:
    """Words after which no command goes on, whatever the option is for."""
    flag = param.opts[-1]
    yield [f"{flag}{flag[-1]}"]
    if param.is_flag:
        yield [f"{flag}=1"]
        return
    yield [flag]
    yield [flag, ""]
    kind = param.type.kind if isinstance(param.type, Value) else Kind()
    if kind.choices:
        yield [flag, f"{kind.choices[0]}x"]
    with suppress(BadValueError):
        kind.parse("any text")
        return
    yield from ([flag, each] for each in ("\udcff", "\x1b[2J", "1,,2", LONG, VERY_LONG))


@pytest.mark.parametrize("ctx", list(commands()), ids=lambda ctx: ctx.command_path[8:])
def test_every_option_refuses_what_it_cannot_take(
    ctx: click.Context, world: Path, scratch: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    before, open_before = contents(world), descriptors()
    path = ctx.command_path.split()
    options = [each for each in ctx.command.get_params(ctx) if isinstance(each, click.Option)]
    assert len(options) >= 2

    for param in options:
        for words in refused_values(param):
            status = main([*path[1:], *words])

            out, err = capfd.readouterr()
            assert (status, out) == (2, ""), (words, err)
            assert err.count("error: ") == 1, err
            assert f"\n  where: {' '.join(path)}\n  help:  " in err
            assert err.isprintable() or set(filter(str.isprintable, err)) | {"\n"} == set(err)
            assert max(map(len, err.splitlines())) < 1000
            if words == [param.opts[-1] + param.opts[-1][-1]]:
                assert "no such option" in err and param.opts[-1] in err.splitlines()[-1]
    assert contents(world) == before
    assert list(scratch.iterdir()) == []
    assert descriptors() == open_before


def test_there_are_many_of_them_for_every_command() -> None:
    commands = [wrong.argv[0] for wrong in INPUTS]

    assert len(INPUTS) >= 214
    for name in ("render", "sweep", "results", "compare", "report", "run", "replay", "diagnose"):
        assert commands.count(name) >= 20
    for name in ("nodes", "hosts", "repro", "template", "doctor"):
        assert commands.count(name) >= 10
