"""What `pynodes render --pixel` prints: the tree of one sample, node by node."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pynodes.cli.console import Console
from pynodes.model.verdict import Verdict
from pynodes.rendering.look import Look, Looked, LookedNode
from pynodes.words import plural


def numbers_text(numbers: Sequence[float]) -> str:
    """`0.25` or `(0.25, 0.5, nan)`, with the digits that give the same float32 back."""
    shown = [str(number).removesuffix(".0") for number in numbers]
    return shown[0] if len(shown) == 1 else f"({', '.join(shown)})"


def look_lines(console: Console, looked: Looked) -> Iterator[str]:
    """The table of each frame's look, and the verdict when it is not ok."""
    for look in looked.looks:
        yield from _look(console, look, several=len(looked.looks) > 1)
    judgement = looked.judgement
    if judgement.verdict is not Verdict.OK and looked.looks:
        yield console.verdict_row(judgement.verdict, judgement.text)


def _look(console: Console, look: Look, *, several: bool) -> Iterator[str]:
    x, y, sample = look.pixel
    n_samples = len(look.parts.get("sample", []))
    of = f" of {n_samples}" if n_samples else ""
    frame = f", frame {look.frame}" if several else ""
    yield console.row("pixel", f"{x}, {y}  (sample {sample}{of}, from 0{frame})")
    camera = look.part("camera")
    ray = ", ".join(f"{name} {numbers_text(value.numbers)}" for name, value in camera.items())
    yield console.row("camera", ray)
    hit = look.part("hit")
    if hit:
        yield console.row("hit", f"{hit['object'].text}  (node tree {hit['tree'].text})")
    elif n_samples:
        yield console.row("hit", "nothing: the sample has the colour of the sky")
    yield from _parts(console, look)
    for node in look.nodes:
        yield from _node(console, node)
    if look.color is not None:
        yield console.row("sample", numbers_text(look.color))
    if look.pixel_color is not None:
        mean = f"  (mean of {plural(n_samples, 'sample')})" if n_samples > 1 else ""
        yield console.row("colour", f"{numbers_text(look.pixel_color)}{mean}")


def _parts(console: Console, look: Look) -> Iterator[str]:
    label = "shi"
    for name, value in look.part("shi").items():
        numbers = value.numbers
        halves = (numbers[: len(numbers) // 2], numbers[len(numbers) // 2 :])
        text = numbers_text(numbers)
        if name.endswith("_d"):
            text = f"({', '.join(map(numbers_text, halves))})"
        yield console.row(label, f"{name:<11}  {text}")
        label = ""
    for value in look.parts.get("lamp", []):
        light, towards = value.numbers[:3], value.numbers[3:]
        arrives = f"light {numbers_text(light)}, from {numbers_text(towards)}"
        yield console.row(f"lamp {value.name}", arrives if any(light) else "no light arrives")


def _node(console: Console, looked: LookedNode) -> Iterator[str]:
    node = looked.node
    kind = "native" if node.native else "Python"
    of = "" if node.class_name == node.name else f", {node.class_name}"
    yield console.row("node", f"{console.style(node.name, 'bold')}  ({kind}{of})")
    width = max((len(value.name) for value in (*looked.inputs, *looked.outputs)), default=0)
    for value in looked.inputs:
        origin = f"  from {value.origin}" if value.origin else ""
        yield console.row("in", f"{value.name:<{width}}  {numbers_text(value.numbers)}{origin}")
    if looked.error is not None:
        yield console.row("raised", console.style(looked.error.what, "bad"))
    for value in looked.outputs:
        yield console.row("out", f"{value.name:<{width}}  {numbers_text(value.numbers)}")
