"""Look into a sample: what the nodes of its tree got and gave, as the host evaluated it.

Prints nothing. Numbers are those of the render to the last bit (float32).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pynodes.host.judge import Judgement, judge
from pynodes.host.listener import Listener
from pynodes.host.seen import Seen
from pynodes.model import event as ev
from pynodes.model.job import Job
from pynodes.model.record import ErrorNote
from pynodes.options.engines import engine_of
from pynodes.rendering.pipeline import HostRun, host_folder


@dataclass(slots=True)
class LookedNode:
    """A node with its inputs and outputs; `error` when its call raised."""

    node: ev.NodeLooked
    inputs: list[ev.ValueLooked] = field(default_factory=list)
    outputs: list[ev.ValueLooked] = field(default_factory=list)
    error: ErrorNote | None = None


@dataclass(slots=True)
class Look:
    """One sample of one frame.

    `parts` are the values by what they are of: camera, hit, shi, lamp, sample and pixel. Nodes are
    in the order in which they were evaluated. What the host did not come to is missing.
    """

    frame: int
    pixel: tuple[int, int, int]
    parts: dict[str, list[ev.ValueLooked]] = field(default_factory=dict)
    nodes: list[LookedNode] = field(default_factory=list)

    def add(self, event: ev.NodeLooked | ev.ValueLooked) -> None:
        """Add what came next."""
        if isinstance(event, ev.NodeLooked):
            self.nodes.append(LookedNode(event))
        elif event.of in ("input", "output") and self.nodes:
            last = self.nodes[-1]
            (last.inputs if event.of == "input" else last.outputs).append(event)
        else:
            self.parts.setdefault(event.of, []).append(event)

    def part(self, of: str) -> dict[str, ev.ValueLooked]:
        """The values of a part by name; empty when there are none."""
        return {value.name: value for value in self.parts.get(of, [])}

    @property
    def color(self) -> tuple[float, ...] | None:
        """Of the sample, linear RGBA; None when it was not evaluated to its end."""
        value = self.part("sample").get(str(self.pixel[2]))
        return value.numbers if value is not None else None

    @property
    def pixel_color(self) -> tuple[float, ...] | None:
        """Of the pixel: the mean over its samples."""
        value = self.part("pixel").get("")
        return value.numbers if value is not None else None

    def to_json(self) -> dict[str, Any]:
        """Plain values; what is not finite is a text: nan, inf, -inf."""
        hit = self.part("hit")
        return {
            "frame": self.frame,
            "pixel": list(self.pixel[:2]),
            "sample": self.pixel[2],
            "camera": _numbers(self.part("camera").values()),
            "hit": {name: value.text for name, value in hit.items()} if hit else None,
            "shi": _numbers(self.part("shi").values()),
            "lamps": [
                {"light": _plain(value.numbers[:3]), "towards": _plain(value.numbers[3:])}
                for value in self.parts.get("lamp", [])
            ],
            "nodes": [_node_json(each) for each in self.nodes],
            "color": _plain(self.color or ()) or None,
            "pixel_color": _plain(self.pixel_color or ()) or None,
            "samples": [_plain(value.numbers) for value in self.parts.get("sample", [])],
        }


@dataclass(frozen=True, slots=True)
class Looked:
    """What came of a run: a look a frame, all errors, and how it ended."""

    looks: tuple[Look, ...]
    errors: tuple[ErrorNote, ...]
    judgement: Judgement
    seen: Seen

    @property
    def engine(self) -> str:
        """The engine that evaluated the sample; empty when it did not come to that."""
        return next((of.scene.engine for of in self.seen.frames.values()), "")

    def to_json(self) -> dict[str, Any]:
        """The looks with verdict and errors; for one frame its values stand among the others."""
        interp = self.seen.interp
        found: dict[str, Any] = {
            "verdict": self.judgement.verdict,
            "verdict_text": self.judgement.text,
            "engine": self.engine or None,
            "python": interp.python if interp is not None else None,
            "errors": [error._asdict() for error in self.errors],
        }
        looks = [each.to_json() for each in self.looks]
        return found | (looks[0] if len(looks) == 1 else {"looks": looks})


def look(host: Path, job: Job, limit_s: float | None, *listeners: Listener) -> Looked:
    """Evaluate the job's pixel, in each of its frames.

    Args:
        limit_s: give up after so many seconds; None never does.

    Raises:
        CannotStartError: the host cannot be run.
    """
    with host_folder() as folder:
        run = HostRun(host, job, None, folder, listeners)
        seen = run.run(
            [],
            None,
            lambda _: {"scene": job.scene.name},
            limit_s=limit_s,
            has_workers=engine_of(job.engine).unit == "worker",
        )
    errors = tuple(
        ErrorNote.from_event(event, job, seen.engine_of(event.frame), seen.flaws.samples(event))
        for event in seen.errors
    )
    return Looked(tuple(_looks(job, seen.looked, errors)), errors, judge(seen, job), seen)


def _looks(
    job: Job, looked: Iterable[ev.NodeLooked | ev.ValueLooked], errors: Sequence[ErrorNote]
) -> Iterator[Look]:
    assert job.pixel is not None
    by_frame: dict[int, Look] = {}
    for event in looked:
        by_frame.setdefault(event.frame, Look(event.frame, job.pixel)).add(event)
    for each in by_frame.values():
        for error in errors:
            if error.kind != "node" or (error.frame, error.sample) != (each.frame, job.pixel[2]):
                continue
            for node in each.nodes:
                if node.node.name == error.node and not node.node.native:
                    node.error = error
        yield each


def _plain(numbers: Sequence[float]) -> list[float | str]:
    return [number if math.isfinite(number) else str(number) for number in numbers]


def _numbers(values: Iterable[ev.ValueLooked]) -> dict[str, Any]:
    return {value.name: _plain(value.numbers) for value in values}


def _node_json(looked: LookedNode) -> dict[str, Any]:
    node = looked.node
    return {
        "name": node.name,
        "class": node.class_name,
        "native": node.native,
        "tree": node.tree,
        "inputs": [
            {"name": value.name, "value": _plain(value.numbers), "from": value.origin or None}
            for value in looked.inputs
        ],
        "outputs": [
            {"name": value.name, "value": _plain(value.numbers)} for value in looked.outputs
        ],
        "error": None if looked.error is None else looked.error._asdict(),
    }
