"""What the package's half inside the host does there: tables, words for errors, threads."""

from __future__ import annotations

import pytest
from host_runner import RunHost
from host_scenes import flat_scene

SMALL = ("--size", "4x4", "--samples", "1", "-t", "1", "--engine", "shared")
WHITE = "self.output.Color = (1, 1, 1, 1)"


@pytest.mark.parametrize(
    "access", ["self.shi.norml", "self.shi.norml()", "getattr(self.s, 'norml')"]
)
def test_field_of_shi_that_does_not_exist_is_answered_with_those_that_do(
    run_host: RunHost, access: str
) -> None:
    error = run_host(*SMALL, scene=flat_scene(access), status=11).first_error()

    assert error["what"].startswith(
        "AttributeError: shi has no field 'norml'; did you mean 'normal'? fields: "
    )
    listed = error["what"].partition("fields: ")[2].split(", ")
    assert {"point", "normal", "random", "textureGlobalD"} <= set(listed)
    assert not [name for name in listed if name.startswith("_")]


def test_attribute_error_of_anything_else_keeps_its_words(run_host: RunHost) -> None:
    error = run_host(*SMALL, scene=flat_scene("(1).norml"), status=11).first_error()

    assert error["what"] == "AttributeError: 'int' object has no attribute 'norml'"


LEAVES_A_THREAD = """
if not THREADS:
    THREADS.append(threading.Thread(target=work, name="left-behind"{options}))
    THREADS[0].start()
self.output.Color = (1, 1, 1, 1)
"""
IMPORTS = """
import threading
THREADS, GO = [], threading.Event()
def work():
    GO.wait({seconds})
    print("thread done")
"""


def test_daemon_thread_left_behind_is_named_as_one_and_cut_off(run_host: RunHost) -> None:
    scene = flat_scene(LEAVES_A_THREAD.format(options=""), imports=IMPORTS.format(seconds=600))
    run = run_host(*SMALL, scene=scene)

    warning = run.one("warning")
    assert warning["what"] == "Python threads are still running: left-behind (daemon)"
    assert "daemons are cut off" in warning["help"]
    assert "thread done" not in run.stdout


def test_other_thread_left_behind_is_named_and_waited_for(run_host: RunHost) -> None:
    call = LEAVES_A_THREAD.format(options=", daemon=False")
    run = run_host(*SMALL, scene=flat_scene(call, imports=IMPORTS.format(seconds=0.5)))

    warning = run.one("warning")
    assert warning["what"] == "Python threads are still running: left-behind"
    assert "others are waited for" in warning["help"]
    assert "thread done" in run.stdout


def test_render_threads_are_not_counted_as_left_behind(run_host: RunHost) -> None:
    call = f"threading.current_thread()\n{WHITE}"
    run = run_host(
        "--size", "8x8", "-t", "3", "--tile", "2", "--engine", "shared",
        scene=flat_scene(call, imports="import threading"),
    )  # fmt: skip

    assert not run.of("warning")
