"""The plan of a sweep of a command: from axes by placeholder to the words of each cell."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

from pynodes import files, printable
from pynodes.errors import BadValueError, needed, quoted_list
from pynodes.machine import usable_cores
from pynodes.store.model import CellDraft, Machine, SweepDraft
from pynodes.sweep.outputs import output_of
from pynodes.sweep.plan import PlannedCell, SweepPlan, combinations, key_of, key_on
from pynodes.sweep.template import Template

THREADS = "threads"


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a command is run, and when a run is right.

    Attributes:
        setup: what is run before each run, and not timed; empty for nothing.
        check: a file that each run writes and that is compared; empty for none.
        check_output: what each run prints is compared.
        expect: what comes out must equal this file; None: what came out of the first cell.
        ok_status: exit statuses that mean that all is well.
        python_waits: who waits for Python in it is measured too.
    """

    command: str
    shell: bool = False
    setup: str = ""
    check: str = ""
    check_output: bool = False
    expect: Path | None = None
    ok_status: tuple[int, ...] = (0,)
    python_waits: bool = False

    @property
    def compares(self) -> bool:
        return bool(self.check) or self.check_output

    @property
    def templates(self) -> dict[str, Template]:
        """Texts with places, by their options."""
        texts = {"--command": self.command, "--setup": self.setup, "--check": self.check}
        return {option: Template(text) for option, text in texts.items() if text}

    def to_json(self) -> dict[str, Any]:
        """What is not as usual, as it is stored and shown with the sweep."""
        said = {
            "command": self.command,
            "setup": self.setup,
            "check": self.check or ("output" if self.check_output else ""),
            "expect": os.fspath(self.expect) if self.expect else "",
            "shell": self.shell,
            "python-waits": self.python_waits,
            "ok-status": "" if self.ok_status == (0,) else ",".join(map(str, self.ok_status)),
        }
        return {name: value for name, value in said.items() if value}


@dataclass(frozen=True, slots=True)
class CommandCell(PlannedCell):
    """A cell of a command: what is run before it, what is run, and what file it then compares.

    `made_of` are the program and the scripts that it names.
    """

    setup: tuple[str, ...]
    words: tuple[str, ...]
    check: str
    made_of: tuple[Path, ...]


def make_command_plan(
    recipe: Recipe,
    axes: Mapping[str, Sequence[Any]],
    machine: Machine,
    version: str,
    revision: str | None,
    *,
    pin: tuple[int, ...] = (),
    name: str | None = None,
) -> SweepPlan[CommandCell]:
    """Every combination of the values; number of threads None is one for each core.

    Raises:
        BadValueError: a place and an axis do not go together, or a program is not there.
    """
    axes = dict(axes)
    if THREADS in axes:
        axes[THREADS] = tuple(n or usable_cores() for n in axes[THREADS])
    _check(recipe, axes)
    cells: dict[str, CommandCell] = {}
    varied = tuple(axis for axis, values in axes.items() if len(values) > 1)
    for chosen in combinations(list(axes.items())):
        cell = _cell(recipe, chosen, varied, len(cells))
        cells.setdefault(cell.key, cell)
    found = tuple(cells.values())
    key = _key_of_reference(recipe, found[0].key) if recipe.compares else ""
    cells_held = tuple(_held_against(cell, key) for cell in found)
    fixed = {axis: values[0] for axis, values in axes.items() if axis not in varied}
    settings = {**recipe.to_json(), **fixed, **({"pin": list(pin)} if pin else {})}
    programs = sorted({cell.draft.host["sha256"] for cell in found})
    made_of = {"axes": varied, "settings": settings, "made of": programs}
    stems = {Path(cell.draft.host["path"]).stem for cell in found}
    draft = SweepDraft(
        key=key_on(made_of, machine.key),
        stem=printable.encodable(stems.pop()) if len(stems) == 1 else "sweep",
        name=None if name is None else printable.encodable(name),
        machine=machine,
        version=version,
        revision=revision,
        axes=varied,
        settings=settings,
    )
    return SweepPlan(draft, made_of, cells_held, (), pin)


def _check(recipe: Recipe, axes: Mapping[str, Sequence[Any]]) -> None:
    """Raises `BadValueError` unless places and axes go together."""
    if not recipe.command.strip():
        raise BadValueError("the command is empty", "--command", "write a program and its words")
    if recipe.check and recipe.check_output:
        what = "--check and --check-output contradict each other"
        raise BadValueError(what, help="compare a file, or what is printed")
    if recipe.expect and not recipe.compares:
        help = "give --check-output, or --check FILE for a file that the command writes"
        raise BadValueError("nothing is compared with --expect", help=help)
    for option, template in recipe.templates.items():
        template.check(axes, option)
    used = set().union(*(template.names for template in recipe.templates.values()))
    for axis in axes:
        if axis not in used:
            option = "-t" if axis == THREADS else f"--axis {axis}"
            what = f"{option} has no place in the command: it holds no {{{axis}}}"
            help = f"write {{{axis}}} where its value belongs"
            if used:
                help += f"; there is {quoted_list(sorted(f'{{{each}}}' for each in used))}"
            raise BadValueError(what, "--command", help)


def _cell(
    recipe: Recipe, chosen: Mapping[str, Any], varied: Sequence[str], position: int
) -> CommandCell:
    texts = {axis: str(value) for axis, value in chosen.items()}
    words = Template(recipe.command).words(texts, shell=recipe.shell)
    setup = Template(recipe.setup).words(texts, shell=recipe.shell) if recipe.setup else ()
    program = program_of(words[0])
    if setup:
        program_of(setup[0])
    named = words[1:] if not recipe.shell else words[2].split()
    parts = (program, *_scripts(named))
    made_of = key_of([_checksum(each) for each in parts])
    job = {"command": recipe.command, **({THREADS: chosen[THREADS]} if THREADS in chosen else {})}
    job["values"] = [[axis, text] for axis, text in texts.items()]
    draft = CellDraft(
        key=key_of([recipe.to_json(), texts, made_of]),
        position=position,
        settings={axis: chosen[axis] for axis in varied},
        job=job,
        host={"path": os.fspath(program), "sha256": made_of},
        reference="",
    )
    return CommandCell(draft, setup, words, Template(recipe.check).filled(texts), parts)


def _held_against(cell: CommandCell, reference: str) -> CommandCell:
    return replace(cell, draft=replace(cell.draft, reference=reference))


def _key_of_reference(recipe: Recipe, first: str) -> str:
    return key_of(_checksum(recipe.expect) if recipe.expect else first)


def program_of(word: str) -> Path:
    """Where the program of a command is. Raises `BadValueError` when it is nowhere."""
    found = shutil.which(word)
    if found is not None:
        return Path(found).absolute()
    with needed(f"{word!r} cannot be looked at", help="look at its name", kind=BadValueError):
        kind = files.kind_of(word) if word else ""
    if kind == files.FILE and os.sep in word:
        help = f"`chmod +x {word}`, or name its interpreter: 'python3 {word}'"
        raise BadValueError(f"{word} may not be executed", "--command", help)
    what = f"there is no program {word!r}" + ("" if os.sep in word else " on the PATH")
    help = f"write ./{word}" if kind == files.FILE else "look at its name; --shell takes a script"
    raise BadValueError(what, "--command", help)


def _scripts(words: Sequence[str]) -> Iterator[Path]:
    """Scripts that a command names: what an interpreter runs is made of them."""
    for word in words:
        path = Path(word)
        try:
            if files.kind_of(path) == files.FILE and (
                path.suffix in (".py", ".sh") or _head(path).startswith(b"#!")
            ):
                yield path
        except OSError:
            continue


def _head(path: Path) -> bytes:
    with files.opened(path) as file:
        return file.read(2)


@cache
def _checksum(path: Path) -> str:
    help = "look at its name and its permissions"
    with needed(f"{path} cannot be read", help=help, kind=BadValueError):
        return output_of(path).sha256
