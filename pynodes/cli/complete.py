"""What may stand in the place of a value, for completion in shells.

Each function takes what click hands to `shell_complete` and gives the values that begin with what
was typed. No code of a scene or a node is run; a host is asked for its nodes alone.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pynodes.options.kinds import Kind
from pynodes.options.places import Folder, Place, Script

# Kinds of items: what a shell does behind them.
WORD, PATH, OPEN = "word", "path", "open"  # a space; quotes, or a slash for folders; nothing

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    Found = list[CompletionItem[str]]


def item(value: str, kind: str = WORD, said: str = "") -> CompletionItem[str]:
    """One completion; click's class for it is loaded for a shell that asks, and nobody else."""
    from click.shell_completion import CompletionItem

    return CompletionItem(value, kind, said)


def value_items(kind: Kind, incomplete: str, *, several: bool = False) -> Found:
    """Values of a kind: words, also behind commas, and files by the suffix that is shown."""
    if kind.choices:
        head, comma, last = incomplete.rpartition(",") if several else ("", "", incomplete)
        words = (*kind.choices, "all") if several else kind.choices
        return _items({head + comma + word: "" for word in words}, head + comma + last)
    if isinstance(kind, Place | Script):
        suffix = re.search(r"\.\w+$", kind.metavar)
        is_folder = isinstance(kind, Folder) or kind.metavar == "DIR"
        return path_items(incomplete, "/" if is_folder else suffix[0] if suffix else "")
    return []


def path_items(incomplete: str, suffix: str = "") -> Found:
    """Paths with that suffix, and folders on the way there; suffix `/` takes folders alone."""
    folder, name = os.path.split(incomplete)
    base = os.path.expanduser(folder) if folder.startswith("~") else folder  # noqa: PTH111
    found: Found = []
    with suppress(OSError), os.scandir(base or ".") as entries:
        for entry in sorted(entries, key=lambda each: each.name):
            if not entry.name.startswith(name) or (entry.name[0] == "." and not name):
                continue
            is_folder = entry.is_dir()
            if is_folder or (suffix != "/" and entry.name.endswith(suffix)):
                path = os.path.join(folder, entry.name)  # noqa: PTH118 - as it was typed
                found.append(item(f"{path}/" if is_folder else path, PATH))
    return found


def files(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Any file."""
    return path_items(incomplete)


def script_words(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """A script, then its arguments, which may be files."""
    return path_items(incomplete, "" if ctx.params.get(param.name or "") else ".py")


def commands(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Commands, and those below the ones that stand there already."""
    found = ctx.find_root().command
    for word in ctx.params.get(param.name or "") or ():
        below = found.get_command(ctx, word) if isinstance(found, click.Group) else None
        if below is None:
            return []
        found = below
    return (
        found.shell_complete(click.Context(found), incomplete)
        if isinstance(found, click.Group)
        else []
    )


def parameters(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """NAME=, of the scene that was named, with its default; behind the `=` the default."""
    from pynodes.cli.scene_names import scene_names

    scenes = ctx.params.get("scene") or ctx.params.get("scenes") or ()
    names: dict[str, str] = {}
    for scene in scenes if isinstance(scenes, tuple) else (scenes,):
        names.update(scene_names(scene))
    if "=" in incomplete:
        return _items({f"{name}={default}": "" for name, default in names.items()}, incomplete)
    shown = {f"{n}=": f"default {default}" if default else "" for n, default in names.items()}
    return _items(shown, incomplete, OPEN)


def hosts(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Pythons that there are hosts for, behind commas too."""
    from pynodes import _build_info

    head, comma, last = incomplete.rpartition(",")
    names = {_build_info.PYTHON: "the package's own", **dict.fromkeys(_built(), "")}
    return _items({head + comma + name: said for name, said in names.items()}, head + comma + last)


def built_hosts(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Pythons whose hosts can be removed."""
    return _items(dict.fromkeys(_built(), ""), incomplete)


def pythons(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Pythons of this machine by their version, as far as names of programs show them."""
    if "/" in incomplete:
        return path_items(incomplete)
    from pynodes.host.hosts import likely_versions

    return _items(dict.fromkeys(likely_versions(), ""), incomplete)


def nodes(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Nodes of the host, and first lines of what they are."""
    from pynodes.host.answers import list_nodes
    from pynodes.host.find import find_host

    found = {node["name"]: (node.get("doc") or "").strip() for node in list_nodes(find_host())}
    return _items({name: doc.partition("\n")[0] for name, doc in found.items()}, incomplete)


def sweeps(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Sweeps that are stored, by name."""
    return _items(dict(_sweeps(ctx)), incomplete)


def sides(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Sides to compare: sweeps, and behind an `@` their axes."""
    name, at, axis = incomplete.partition("@")
    if not at:
        return _items(dict(_sweeps(ctx)), incomplete)
    from pynodes.store.store import Store

    with Store.open(ctx.params["db"]) as store:
        axes = store.sweep(store.find(name)).axes
    return _items({f"{name}@{each}=": "" for each in axes}, f"{name}@{axis}", OPEN)


def cases(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Fault cases, with their groups."""
    return _items(_cases(), incomplete)


def case_groups(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """Groups of fault cases."""
    return _items(dict.fromkeys(_cases().values(), ""), incomplete)


def thresholds(ctx: click.Context, param: click.Parameter, incomplete: str) -> Found:
    """What a comparison can fail by."""
    from pynodes.sweep.compare import QUANTITIES

    return _items({f"{name}<": said for name, said in QUANTITIES.items()}, incomplete, OPEN)


def _items(found: Mapping[str, str], incomplete: str, kind: str = WORD) -> Found:
    return [item(name, kind, said) for name, said in found.items() if _begins(name, incomplete)]


def _begins(name: str, incomplete: str) -> bool:
    return name.startswith(incomplete) or name.casefold().startswith(incomplete.casefold())


def _built() -> Iterable[str]:
    from pynodes.host.find import PROGRAM
    from pynodes.host.hosts import cache_folder

    return sorted((path.parent.name for path in cache_folder().glob(f"*/{PROGRAM}")), reverse=True)


def _sweeps(ctx: click.Context) -> Iterator[tuple[str, str]]:
    from pynodes.store.store import Store

    db = ctx.params["db"]
    if not Path(db).exists():
        return
    with Store.open(db) as store:
        found = store.summaries()
    yield "latest", ""
    for sweep in reversed(found):
        yield sweep.name, f"{sweep.id}, {sweep.created[:16].replace('T', ' ')}"
        yield str(sweep.id), sweep.name


def _cases() -> dict[str, str]:
    from pynodes.repro.catalog import find_program, load_cases

    return {name: case.group for name, case in load_cases(find_program()).items()}
