"""Play events on the real host, alone and beside a render on 8 threads.

A test gets `play`: it writes texts, plays events one after the other (or `at` seconds), and gives
the log. Beside a render every pass of the picture must be as the first, which is checked here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest
from entry_play import BESIDE, SCENE, Ev, Log, Play, ev
from host_runner import Running, StartHost


@pytest.fixture(params=[False, True], ids=["alone", "beside-a-render"])
def beside(request: pytest.FixtureRequest) -> bool:
    found: bool = request.param
    return found


@pytest.fixture
def start_play(start_host: StartHost, tmp_path: Path, beside: bool) -> Callable[..., Running]:
    """Start a play; `texts` are written first: scripts, scenes, anything by name."""

    def start(
        *events: Ev,
        texts: dict[str, str] | None = None,
        scene: str | None = None,
        menus: str | None = None,
        options: Iterable[str] = (),
        limit: float = 30.0,
        length: float = 0.0,
    ) -> Running:
        for name, text in (texts or {}).items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        lines = ["pynodes-replay\t1"]
        if menus is not None:
            lines.append(f"menus\t{tmp_path / menus}")
        for number, event in enumerate([*events, ev("round", at=length)], 1):
            args = [_place(tmp_path, event.kind, i, arg) for i, arg in enumerate(event.args)]
            head = ["event", str(number), event.when, str(event.place), event.expect, event.kind]
            lines.append("\t".join([*head, *args]))
        flat = tmp_path / "replay.txt"
        flat.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        arguments = ["--replay", str(flat), *options]
        shown = scene
        if beside:
            arguments += BESIDE
            shown = scene or SCENE
        elif scene is not None:
            arguments += ["-t", "2", *BESIDE[3:]]
        return start_host(*arguments, scene=shown, limit=limit)

    return start


@pytest.fixture
def play(start_play: Callable[..., Running]) -> Play:
    """Play to the end; the host's status is checked (None: not)."""

    def run(*events: Ev, status: int | None = 0, **options: Any) -> Log:
        log = Log(start_play(*events, **options).end())
        if status is not None:
            assert log.status == status, str(log)
        passes = [e for e in log.run.of("frame") if e.get("pass_number", 0) > 1]
        assert all(e["differs"] <= 0 for e in passes), str(log)
        return log

    return run


def _place(folder: Path, kind: str, i: int, arg: str) -> str:
    """Names of files that the test wrote become paths, where an event takes a path."""
    takes = {"script": 0, "edit": 1, "file": 0, "image": 0, "load": 0, "save": 0}
    if takes.get(kind) == i and not arg.startswith("/"):
        return str(folder / arg)
    return arg.replace("\\", "\\\\").replace("\t", "\\t").replace("\n", "\\n")
