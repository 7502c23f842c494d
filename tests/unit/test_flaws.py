"""What threads saw of flaws is put together: the first sample of the picture, and the sum."""

from __future__ import annotations

from pynodes.host.flaws import Flaws
from pynodes.model import event as ev


def raised(x: int, y: int, sample: int = 0, **more: object) -> ev.Failed:
    values = {"exception": "ValueError", "node": "Rings", "frame": 1} | more
    return ev.Failed(11, "node", "ValueError", pixel=(x, y), sample=sample, **values)  # type: ignore[arg-type]


def test_first_sample_of_the_picture_stays_whichever_came_first() -> None:
    flaws = Flaws()
    came = [raised(5, 3, thread=1), raised(9, 2, 1), raised(9, 2, 0), raised(1, 7, thread=2)]

    assert [flaws.take(event) for event in came] == [True, False, False, False]
    assert flaws.errors() == [came[2]]


def test_samples_of_all_threads_are_added_each_by_its_last_word() -> None:
    flaws = Flaws()
    flaws.take(raised(5, 3))
    for thread, samples in ((0, 4), (1, 3), (0, 5)):
        flaws.take(ev.Flawed(1, thread, "Rings", "ValueError", samples))

    assert flaws.samples(raised(5, 3)) == 8
    assert flaws.samples(raised(5, 3, exception="KeyError")) is None


def test_nodes_types_and_frames_are_told_apart_in_the_order_of_the_picture() -> None:
    flaws = Flaws()
    came = [raised(1, 1, frame=2), raised(1, 1, exception="KeyError"), raised(0, 1, node="Other")]
    for event in came:
        flaws.take(event)

    assert flaws.errors() == [came[2], came[1], came[0]]
    assert flaws.errors(2) == [came[0]]
