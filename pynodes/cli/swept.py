"""What a sweep is to measure, from the options of `pynodes sweep`: scenes, or a command."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from pynodes.cli.command import option
from pynodes.cli.options import Value, refuse_values, value_option
from pynodes.errors import BadValueError
from pynodes.options.kinds import MAX_VALUES, Kind, Number
from pynodes.options.places import File, path_word
from pynodes.options.table import COMMAND
from pynodes.sweep.axes import AXES, merge
from pynodes.sweep.template import NAME

if TYPE_CHECKING:
    from pynodes.errands.errand import Need
    from pynodes.store.model import Machine
    from pynodes.sweep.estimate import Estimate
    from pynodes.sweep.plan import SweepPlan
    from pynodes.sweep.subject import SubjectMaker

_OF_BOTH = "threads"  # the one axis of scenes that commands have too


class _Words(Kind):
    """Words of a command line, or a name with places for the values of axes."""

    def __init__(self, metavar: str) -> None:
        self.metavar = metavar

    def parse(self, text: str) -> Any:
        if not text.strip() or "\0" in text:
            raise BadValueError(
                f"{self.metavar} is empty" if not text.strip() else "there is a zero byte in it",
                help="write it as it is typed, such as './svc -j {threads}'",
            )
        return text


class _Axis(Kind):
    """`mode=a,b` or `size=1..8`: the name of an axis, and its values."""

    metavar = "NAME=VALUE,..."
    repeats = True

    def parse(self, text: str) -> Any:
        name, equals, values = text.partition("=")
        help = "write NAME=VALUE,VALUE or NAME=1..8, and {NAME} in the command"
        if not equals or not re.fullmatch(NAME, name):
            raise BadValueError(f"{text!r} is not NAME=VALUES", help=help)
        if name == _OF_BOTH:
            raise BadValueError("threads are an axis already", help=f"give -t {values or '1..8'}")
        is_range = re.fullmatch(r"-?\d+\.\.-?\d+(:\d+)?", values)
        if is_range:
            found = Number("a number", -(10**9), 10**9).parse_several(values)
            return name, tuple(map(str, found))
        return name, self.parse_several(values)

    def _values(self, part: str) -> Sequence[str]:
        return (part,)


_COMMAND_OPTIONS = (
    value_option(
        _Words("CMD"),
        "--command",
        "words",
        help="Run this, and no scene; {NAME} is the value of an axis, {threads} that of -t.",
        group=COMMAND,
    ),
    value_option(
        _Axis(),
        "--axis",
        "named_axes",
        multiple=True,
        help="Values for {NAME}, with commas or as a range; repeatable.",
        group=COMMAND,
    ),
    value_option(
        _Words("CMD"), "--setup", help="Run this before each run, not timed.", group=COMMAND
    ),
    value_option(
        _Words("FILE"),
        "--check",
        help="Compare this file, which each run writes, with that of the first cell.",
        group=COMMAND,
    ),
    option("--check-output", is_flag=True, help="Compare what each run prints.", group=COMMAND),
    value_option(
        File(), "--expect", help="Compare with this file, not with the first cell.", group=COMMAND
    ),
    option(
        "--ok-status",
        type=Value(Number("an exit status", 0, 255), several=True),
        metavar="N,...",
        help="Exit statuses that mean success.  [default: 0]",
        group=COMMAND,
    ),
    option(
        "--shell",
        is_flag=True,
        help="CMD is a line of /bin/sh; values are quoted in it.",
        group=COMMAND,
    ),
    option(
        "--python-waits",
        is_flag=True,
        help="Measure how long its threads wait for Python, where it embeds one.",
        group=COMMAND,
    ),
)
_OF_COMMANDS = (
    "named_axes",
    "setup",
    "check",
    "check_output",
    "expect",
    "ok_status",
    "shell",
    "python_waits",
)


def command_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options of a command in place of scenes."""
    for each in reversed(_COMMAND_OPTIONS):
        function = each(function)
    return function


class Swept(NamedTuple):
    """The plan of a sweep, what makes its runs, and what knows how long they take."""

    plan: SweepPlan[Any]
    maker: SubjectMaker[Any]
    estimate: Callable[[], Estimate]
    abroad: Abroad


class Abroad(NamedTuple):
    """What other machines need to make the runs.

    Attributes:
        travels: files that go there.
        fixed: files that are there already.
    """

    needs: tuple[Need, ...]
    travels: tuple[Path, ...] = ()
    fixed: tuple[Path, ...] = ()


def swept(
    scenes: tuple[Path, ...],
    given: Mapping[str, Any],
    *,
    limit_s: float,
    pin: tuple[int, ...],
    name: str | None,
) -> Swept:
    """What is to be measured. Raises `Refused`."""
    with refuse_values():
        _check_pin(pin)
        options = {
            axis.name: merge(axis.name, found) for axis in AXES if (found := given[axis.parameter])
        }
        if given["words"] is None:
            return _scenes(scenes, options, given, limit_s, pin, name)
        if scenes:
            what = f"a command is measured, or scenes; {scenes[0]} is one"
            raise BadValueError(what, help="leave --command or the scenes out")
        return _command(options, given, limit_s, pin, name)


def _scenes(
    scenes: tuple[Path, ...],
    options: dict[str, tuple[Any, ...]],
    given: Mapping[str, Any],
    limit_s: float,
    pin: tuple[int, ...],
    name: str | None,
) -> Swept:
    from pynodes.errands.needs import HostThere
    from pynodes.host.hosts import find_host_for
    from pynodes.host.identity import identify
    from pynodes.rendering.sources import is_python
    from pynodes.sweep.probe import probe
    from pynodes.sweep.scene_plan import Wanted, make_plan
    from pynodes.sweep.scene_runs import SceneMaker

    for parameter in _OF_COMMANDS:
        if given[parameter]:
            flag = _flag(parameter)
            raise BadValueError(f"{flag} is of commands", help="give --command, or leave it out")
    if not scenes:
        help = "name a scene script, or a program with --command './svc -j {threads}'"
        raise BadValueError("there is nothing to measure", help=help)
    for scene in scenes:
        if not is_python(scene):
            help = f"measure a program as --command '{path_word(scene)} ...'"
            raise BadValueError(f"{scene} is no Python source, so it is no scene", help=help)
    pythons = options.get("python", (None,))
    hosts = {python: identify(find_host_for(python)) for python in pythons}
    wanted = Wanted(tuple(dict.fromkeys(scenes)), options, given["define"], hosts, pin, name)
    plan = make_plan(wanted, *_surroundings(scenes[0].parent))
    return Swept(
        plan,
        SceneMaker(limit_s, pin),
        lambda: probe(plan, limit_s),
        Abroad(tuple(map(HostThere, hosts.values())), *_of_scenes(scenes, given["define"])),
    )


def _of_scenes(
    scenes: Sequence[Path], defines: Sequence[tuple[str, str]]
) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """What scenes are made of: files that travel, and those that they name by whole path."""
    from pynodes.rendering.sources import made_of

    found = {path for scene in scenes for path in made_of((scene,), (text for _, text in defines))}
    return tuple(found), ()


def _command(
    options: dict[str, tuple[Any, ...]],
    given: Mapping[str, Any],
    limit_s: float,
    pin: tuple[int, ...],
    name: str | None,
) -> Swept:
    from pynodes.errands.needs import FolderExists
    from pynodes.sweep.command_plan import Recipe, make_command_plan
    from pynodes.sweep.command_runs import CommandMaker
    from pynodes.sweep.estimate import Estimate

    if given["trace_cells"]:
        help = "give --python-waits to see who waits, or trace it with a tool of its own"
        raise BadValueError("--trace-cells is of scenes, and a command is measured", help=help)
    for axis in options:
        if axis != _OF_BOTH:
            help = f"give --axis {axis}=A,B, and write {{{axis}}} in the command"
            raise BadValueError(f"--{axis} is of scenes, and a command is measured", help=help)
    if given["define"]:
        help = "write the values into the command, or give --axis NAME=A,B"
        raise BadValueError("-D is of scenes, and a command is measured", help=help)
    recipe = Recipe(
        given["words"],
        given["shell"],
        given["setup"] or "",
        given["check"] or "",
        given["check_output"],
        given["expect"],
        given["ok_status"] or (0,),
        given["python_waits"],
    )
    axes = _named_axes(given["named_axes"])
    if _OF_BOTH in options:
        axes[_OF_BOTH] = options[_OF_BOTH]
    plan = make_command_plan(recipe, axes, *_surroundings(Path()), pin=pin, name=name)
    maker = CommandMaker(plan.cells[0], recipe, limit_s, pin)
    maker.check()
    programs = (program for cell in plan.cells for program in cell.made_of)
    expected = (recipe.expect,) if recipe.expect is not None else ()
    abroad = Abroad((FolderExists(Path.cwd()),), expected, tuple(dict.fromkeys(programs)))
    return Swept(plan, maker, Estimate, abroad)


def _named_axes(given: Sequence[tuple[str, tuple[str, ...]]]) -> dict[str, tuple[Any, ...]]:
    """Values by axis, in the order in which they came, each once."""
    found: dict[str, dict[str, None]] = {}
    for name, values in given:
        found.setdefault(name, {}).update(dict.fromkeys(values))
        if len(found[name]) > MAX_VALUES:
            what = f"--axis {name} has {len(found[name])} values"
            raise BadValueError(what, help=f"{MAX_VALUES} are enough")
    return {name: tuple(values) for name, values in found.items()}


def _surroundings(folder: Path) -> tuple[Machine, str, str | None]:
    """The machine, the version of the package, the revision of the project in a folder."""
    from pynodes.host.find import package_version
    from pynodes.machine import machine_facts, machine_key
    from pynodes.store.model import Machine
    from pynodes.sweep.revision import revision

    facts = machine_facts()
    machine = Machine(machine_key(facts), os.uname().nodename, facts)
    return machine, package_version() or "sources", revision(folder)


def _flag(parameter: str) -> str:
    """The option of a parameter, as it is typed."""
    params = click.get_current_context().command.params
    return next(each.opts[-1] for each in params if each.name == parameter)


def _check_pin(pin: tuple[int, ...]) -> None:
    if not pin:
        return
    usable = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    missing = [core for core in pin if core not in usable]
    if missing:
        raise BadValueError(
            f"core {missing[0]} cannot be used here",
            help=f"usable are {', '.join(map(str, usable)) or 'none: this system cannot pin'}",
        )
