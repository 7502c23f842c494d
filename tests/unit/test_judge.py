"""Each way in which a host can end has its verdict."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import Any

import pytest

from pynodes.errors import MismatchError
from pynodes.host.judge import Judgement, judge
from pynodes.host.seen import Seen
from pynodes.host.status import Slot
from pynodes.model import event as ev
from pynodes.model.job import Job
from pynodes.model.verdict import Verdict

JOB = Job(Path("scene.py"), threads=2)
HELLO = ev.Hello(1, "0.1.0")
SCENE = ev.SceneBegun(1, 640, 480, 4, 32, 300, 2, "shared", "tile", nodes=("Tilings", "Ripples"))


def done(frame: int, tiles_done: int, tiles: int) -> ev.FrameDone:
    return ev.FrameDone(frame, tiles, totals={"tiles_done": tiles_done})


DONE = done(1, 300, 300)
NODE = ev.Failed(11, "node", "ValueError: scale is 0", node="Tilings", tile=38, frame=1)
IN_NODE = Slot(thread=1, tile=37, node=1, x=12, y=40, sample=3, frame=1, calls=9)
NATIVE = Slot(thread=0, tile=36, node=-1, x=0, y=0, sample=0, frame=1, calls=9)


def seen(*events: ev.Event, job: Job = JOB, **facts: Any) -> Judgement:
    found = Seen(argv=("pynodes-host",))
    for name, fact in facts.items():
        setattr(found, name, fact)
    for event in events:
        found.take(event)
    return judge(found, job)


def test_bye_with_0_after_all_frames_is_ok() -> None:
    assert seen(HELLO, SCENE, DONE, ev.Bye(0)).verdict is Verdict.OK


def test_bye_with_0_without_the_frames_is_a_crash() -> None:
    assert seen(HELLO, SCENE, ev.Bye(0)).verdict is Verdict.CRASH


def test_bye_with_11_is_a_node_error_that_names_the_node() -> None:
    found = seen(HELLO, SCENE, NODE, DONE, ev.Bye(11), returncode=11)

    assert found.verdict is Verdict.NODE_ERROR
    assert "Tilings" in found.text
    assert found.said


@pytest.mark.parametrize(
    ("code", "kind"), [(2, "usage"), (10, "scene"), (12, "interpreter"), (13, "output")]
)
def test_bye_with_a_reason_is_cannot_start(code: int, kind: str) -> None:
    found = seen(HELLO, ev.Failed(code, kind, "because"), ev.Bye(code), returncode=code)

    assert (found.verdict, found.text, found.said) == (Verdict.CANNOT_START, "because", True)


def test_signal_is_a_crash_with_its_name_tile_and_node() -> None:
    found = seen(HELLO, SCENE, ev.Crashed(11, 1, 37), returncode=-11, slots=(NATIVE, IN_NODE))

    assert found.verdict is Verdict.CRASH
    assert found.signal == "SIGSEGV"
    assert found.where.splitlines()[0] == "node Ripples, pixel (12, 40), tile 37, thread 1"
    assert found.again == "pynodes render scene.py --only-tile 37 -t 1"


def test_crash_without_a_word_suspects_threads_inside_a_node_first() -> None:
    found = seen(HELLO, SCENE, returncode=-9, slots=(NATIVE, IN_NODE))

    assert found.signal == "SIGKILL"
    assert [item.tile for item in found.in_hand] == [37, 36]
    assert "from outside" in found.help


def test_crash_outside_of_render_threads_blames_no_tile() -> None:
    found = seen(HELLO, SCENE, ev.Crashed(6, -1, -1), returncode=-6, slots=(NATIVE,))

    assert found.signal == "SIGABRT"
    assert found.again is None


def test_crash_with_no_status_page_still_names_the_tile_it_told() -> None:
    found = seen(HELLO, SCENE, ev.Crashed(11, 1, 37), returncode=-11)

    assert found.again is not None
    assert "--only-tile 37" in found.again


def test_crash_after_the_work_says_so() -> None:
    found = seen(HELLO, SCENE, DONE, ev.Bye(0), returncode=-11)

    assert found.verdict is Verdict.CRASH
    assert "after it had finished" in found.text


def test_no_bye_with_status_0_is_a_crash_that_suspects_exit() -> None:
    found = seen(HELLO, SCENE, returncode=0, slots=(IN_NODE,))

    assert found.verdict is Verdict.CRASH
    assert "os._exit" in found.help


def test_status_unlike_the_bye_is_a_crash() -> None:
    assert seen(HELLO, SCENE, DONE, ev.Bye(0), returncode=66).verdict is Verdict.CRASH


@pytest.mark.parametrize("status", [0, 1, 127])
def test_program_without_hello_cannot_start(status: int) -> None:
    assert seen(returncode=status).verdict is Verdict.CANNOT_START


def test_signal_before_hello_is_a_crash() -> None:
    assert seen(returncode=-4).verdict is Verdict.CRASH


def test_refused_host_cannot_start() -> None:
    found = seen(HELLO, refusal=MismatchError("do not match"), returncode=-9)

    assert (found.verdict, found.text) == (Verdict.CANNOT_START, "do not match")


def test_limit_is_a_hang_that_tells_how_long_nothing_came() -> None:
    found = seen(
        HELLO,
        SCENE,
        limit_hit=True,
        limit_s=10.0,
        last_tile_age_ns=9_200_000_000,
        returncode=-9,
        slots=(IN_NODE,),
    )

    assert found.verdict is Verdict.HANG
    assert found.text == "not finished after 10 s; the last tile came 9.2 s before"
    assert found.again is not None


def test_limit_while_tiles_come_advises_a_higher_one() -> None:
    found = seen(
        HELLO, SCENE, limit_hit=True, limit_s=10.0, last_tile_age_ns=10_000_000, returncode=-15
    )

    assert "--limit" in found.help


def test_limit_that_came_with_the_end_is_no_hang() -> None:
    found = seen(HELLO, SCENE, DONE, ev.Bye(0), limit_hit=True, limit_s=10.0)

    assert found.verdict is Verdict.OK


def test_host_that_does_not_end_is_a_hang() -> None:
    found = seen(HELLO, SCENE, DONE, ev.Bye(0), stuck_after_bye=True, returncode=-9)

    assert found.verdict is Verdict.HANG


@pytest.mark.parametrize(
    "facts",
    [
        {"interrupts": 2, "returncode": 130},
        {"interrupts": 3, "returncode": -9, "killed": True},
        {"interrupts": 1, "returncode": -2},
        {"ended_by": signal.SIGTERM, "returncode": -15},
    ],
)
def test_host_ended_on_request_is_interrupted(facts: dict[str, Any]) -> None:
    assert seen(HELLO, SCENE, **facts).verdict is Verdict.INTERRUPTED


# Engine process.

PROCESS = Job(Path("scene.py"), threads=2, engine="process")
WORKERS = ev.SceneBegun(1, 64, 64, 4, 32, 4, 2, "process", "tile", nodes=("Tilings",))
DEATH = ev.Warned("worker 1 was ended by signal 11 (Segmentation fault): tile 2, frame 1")
LOST = ev.Failed(15, "lost", "1 tile lost: each killed two workers", help="render that tile alone")


def tiles(*numbers: int, frame: int = 1) -> list[ev.TileDone]:
    return [ev.TileDone(number, frame) for number in numbers]


def test_worker_that_died_without_harm_to_the_picture_is_ok() -> None:
    found = seen(HELLO, WORKERS, DEATH, *tiles(0, 1, 2, 3), done(1, 4, 4), ev.Bye(0), job=PROCESS)

    assert found.verdict is Verdict.OK


def test_lost_tile_is_a_crash_that_names_the_tile_and_how_to_see_it() -> None:
    found = seen(
        HELLO, WORKERS, DEATH, *tiles(0, 1, 3), DEATH, done(1, 3, 4), LOST, ev.Bye(15),
        job=PROCESS, returncode=15,
    )  # fmt: skip

    assert found.verdict is Verdict.CRASH
    assert found.text == "1 tile lost: each killed two workers"
    assert found.where == "tile 2"
    assert found.again == "pynodes render scene.py --only-tile 2 -t 1 --engine shared"
    assert not found.said


def test_lost_tile_of_a_series_names_its_frame() -> None:
    second = ev.SceneBegun(2, 64, 64, 4, 32, 4, 2, "process", "tile")
    found = seen(
        HELLO, WORKERS, second, *tiles(0, 1, 2, 3), *tiles(0, 1, 2, frame=2),
        done(1, 4, 4), done(2, 3, 4), LOST, ev.Bye(15),
        job=Job(Path("scene.py"), threads=2, engine="process", frames=(1, 2)), returncode=15,
    )  # fmt: skip

    assert (found.where, found.blamed) == ("frame 2, tile 3", 2)
    assert found.again is not None and "--frame 2" in found.again


def test_workers_that_died_all_over_blame_no_single_tile() -> None:
    many = ev.SceneBegun(1, 640, 480, 4, 32, 300, 2, "process", "tile")
    found = seen(HELLO, many, done(1, 0, 300), LOST, ev.Bye(15), job=PROCESS, returncode=15)

    assert found.where == "300 of 300 tiles are missing"
    assert (found.again, found.help) == (None, "render that tile alone")


def test_workers_that_died_before_the_scene_are_a_crash_too() -> None:
    found = seen(HELLO, DEATH, LOST, ev.Bye(15), job=PROCESS, returncode=15)

    assert (found.verdict, found.again) == (Verdict.CRASH, None)


def test_status_page_of_workers_names_workers() -> None:
    found = seen(HELLO, WORKERS, job=PROCESS, returncode=-9, slots=(IN_NODE,))

    assert found.where == "node number 1, pixel (12, 40), tile 37, worker 1"


def test_last_scene_of_a_frame_holds() -> None:
    isolated = ev.SceneBegun(1, 640, 480, 4, 32, 300, 2, "isolated", "tile")
    found = Seen(argv=("pynodes-host",))
    events: list[ev.Event] = [isolated, *tiles(1, 2), SCENE, *tiles(2)]
    for event in events:
        found.take(event)

    assert found.engine_of(1) == "shared"
    assert found.frames[1].tiles_done == 1


def test_bye_with_14_is_interrupted_whoever_asked() -> None:
    assert seen(HELLO, SCENE, ev.Bye(14), returncode=14).verdict is Verdict.INTERRUPTED


def test_crash_after_a_ctrl_c_stays_a_crash() -> None:
    assert seen(HELLO, SCENE, interrupts=1, returncode=-11).verdict is Verdict.CRASH
