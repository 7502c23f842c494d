"""`pynodes render` collects what a host sends, names how it ended and keeps what it got."""

from __future__ import annotations

import hashlib
import json
import os
import shlex
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine

KEYS = {
    "verdict", "verdict_text", "image", "sha256", "threads", "engine", "attach", "python", "gil",
    "width", "height", "samples", "wall_s", "render_s", "node_calls", "ns_per_node_call",
    "errors", "command", "frame", "seed", "tile", "order", "warnings", "tiles", "tiles_done",
    "signal", "why", "turnstile", "switch_interval", "main_wait_p99_s",
}  # fmt: skip


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or dead and waiting for whoever should collect it."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return True
    return state in "ZX"


# A render that goes well.


def test_good_render_leaves_a_picture_beside_the_caller(cli: CommandLine) -> None:
    result = cli.render()

    assert result.status == 0
    with Image.open(cli.folder / "scene.png") as image:
        assert image.size == (64, 64)
    assert cli.left_behind() == ["scene.png"]


def test_good_render_ends_with_a_table_on_stdout(cli: CommandLine) -> None:
    result = cli.render()

    assert "scene.png  (64 x 64, 4 samples)" in result.out
    assert "verdict  ok" in result.out
    assert "1,000  (186 ns each)" in result.out
    assert "\x1b" not in result.out + result.err


def test_host_output_goes_to_stderr_and_warnings_are_shown(cli: CommandLine) -> None:
    result = cli.render()

    assert "hello from a node\n" in result.err
    assert "warning: the mesh has no uv\n  where: a.obj\n  help:  unwrap it\n" in result.err
    assert "hello" not in result.out


def test_quiet_render_says_only_what_matters(cli: CommandLine) -> None:
    result = cli.render("-q")

    assert result.out == ""
    assert "warning: the mesh has no uv" in result.err


def test_verbose_render_shows_the_host_command(cli: CommandLine) -> None:
    result = cli.render("-v")

    assert "pynodes-host --threads auto" in result.err
    assert "engine shared (the only one)" in result.err


def test_colour_always_colours_even_a_file(cli: CommandLine) -> None:
    assert "\x1b[32mok\x1b[0m" in cli.render("--color", "always").out


def test_no_color_in_the_environment_is_obeyed(cli: CommandLine) -> None:
    cli.environ["NO_COLOR"] = "1"

    assert "\x1b" not in cli.render("--progress", "always").out


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".npy", ".pfm"])
def test_out_chooses_the_form_by_its_suffix(cli: CommandLine, suffix: str) -> None:
    result = cli.render("-o", f"out{suffix}")

    assert result.status == 0
    head = (cli.folder / f"out{suffix}").read_bytes()[:6]
    assert head.startswith((b"\x89PNG", b"\xff\xd8", b"\x93NUMPY", b"PF\n"))
    assert cli.left_behind() == [f"out{suffix}"]


def test_older_picture_is_replaced(cli: CommandLine) -> None:
    (cli.folder / "scene.png").write_bytes(b"older")

    assert cli.render().status == 0
    assert (cli.folder / "scene.png").read_bytes().startswith(b"\x89PNG")


def test_single_tile_does_not_replace_the_whole_picture(cli: CommandLine) -> None:
    cli.render("--only-tile", "3")

    assert cli.left_behind() == ["scene-tile3.png"]


def test_module_and_folder_names_with_odd_letters_work(cli: CommandLine) -> None:
    cli.scene("my scene [1] é.py")

    result = cli.run("render", "my scene [1] é.py", "--size", "32x32", "-D", "title=it's")

    assert result.status == 0
    assert cli.left_behind() == ["my scene [1] é.png", "my scene [1] é.py"]


# JSON.


def test_json_is_one_object_on_stdout_with_all_keys(cli: CommandLine) -> None:
    record = cli.render("--json", "-o", "a.npy").record

    assert record.keys() >= KEYS
    assert record["verdict"] == "ok"
    assert (record["width"], record["height"], record["samples"]) == (64, 64, 4)
    assert (record["python"], record["gil"], record["threads"]) == ("3.11.7", True, 2)
    assert (record["node_calls"], record["ns_per_node_call"]) == (1000, 186.0)
    assert record["render_s"] == 0.25
    assert (record["tiles"], record["tiles_done"]) == (4, 4)
    assert record["warnings"] == ["the mesh has no uv (a.obj)"]
    pixels = np.load(cli.folder / "a.npy")
    assert record["sha256"] == hashlib.sha256(pixels.tobytes()).hexdigest()


def test_json_sha256_does_not_depend_on_the_form(cli: CommandLine) -> None:
    sums = {
        cli.render("--json", "-o", f"a{suffix}").record["sha256"] for suffix in (".png", ".pfm")
    }

    assert len(sums) == 1


def test_json_command_runs_when_it_is_pasted(cli: CommandLine) -> None:
    command = cli.render("--json", "-D", "text=a 'b'").record["command"]

    assert not {"--events-fd", "--status"} & set(shlex.split(command))
    done = subprocess.run(
        ["sh", "-c", command],
        env=cli.environ,
        capture_output=True,
        timeout=cli.limit_s,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert np.load(cli.folder / "scene.npy").shape == (64, 64, 4)


def test_json_of_several_frames_is_a_list(cli: CommandLine) -> None:
    records = cli.render("--json", "--frames", "2..6:2").record

    assert [record["frame"] for record in records] == [2, 4, 6]
    assert [record["image"] for record in records] == [f"scene_000{n}.png" for n in (2, 4, 6)]
    assert len({record["sha256"] for record in records}) == 3


def test_json_of_frames_with_one_frame_is_a_list_too(cli: CommandLine) -> None:
    assert len(cli.render("--json", "--frames", "3").record) == 1


def test_frame_marks_in_out_become_the_number(cli: CommandLine) -> None:
    result = cli.render("--frames", "9..10", "-o", "f-###.png")

    assert cli.left_behind() == ["f-009.png", "f-010.png"]
    assert "f-009.png" in result.out


# Errors that the host reports.


def test_node_error_is_told_once_and_the_picture_is_written(cli: CommandLine) -> None:
    result = cli.host("node-error").render()

    assert result.status == 1
    assert result.err.count("error: ValueError: scale is 0") == 1
    assert "node Tilings, pixel (40, 7), sample 0, tile 1, thread 1" in result.err
    assert "Traceback (most recent call last):" in result.err
    assert "again: pynodes render scene.py --pixel 40,7,0 -t 1 --size 64x64" in result.err
    assert "verdict  node-error  (error in node Tilings)" in result.out
    assert (cli.folder / "scene.png").exists()


def test_node_error_is_in_the_json_once_a_frame(cli: CommandLine) -> None:
    records = cli.host("node-error").render("--json", "--frames", "1..2").record

    for frame, record in enumerate(records, 1):
        assert record["verdict"] == "node-error"
        (error,) = record["errors"]
        assert (error["node"], error["pixel"], error["tile"]) == ("Tilings", [40, 7], 1)
        assert error["frame"] == frame


def test_broken_scene_is_told_with_line_and_traceback(cli: CommandLine) -> None:
    result = cli.host("scene-error").render("--json")

    assert result.status == 3
    assert "error: NameError: name 'Spher' is not defined\n  where: scene.py:3" in result.err
    assert result.err.count("Traceback") == 1
    assert result.record["verdict"] == "cannot-start"
    assert result.record["errors"][0]["kind"] == "scene"
    assert cli.left_behind() == []


# A host that dies.


def test_crash_names_signal_tile_and_node_and_how_to_see_it_again(cli: CommandLine) -> None:
    result = cli.host("segfault").render("--seed", "11")

    assert result.status == 4
    assert "error: the host was ended by SIGSEGV" in result.err
    assert "where: node Tilings, pixel (40, 7), tile 1, thread 1" in result.err
    assert "again: pynodes render scene.py --only-tile 1 -t 1 --size 64x64 --seed 11" in result.err


def test_crash_keeps_the_partial_picture_and_says_so(cli: CommandLine) -> None:
    result = cli.host("segfault").render()

    assert "warning: a partial picture: 1 of 4 tiles" in result.err
    assert cli.left_behind() == ["pynodes-runs", "scene.partial.png"]
    with Image.open(cli.folder / "scene.partial.png") as image:
        alpha = image.getchannel("A")
        assert (alpha.getpixel((5, 5)), alpha.getpixel((40, 40))) == (255, 0)


def test_crash_keeps_the_last_words_of_the_host(cli: CommandLine) -> None:
    record = cli.host("segfault").render("--json").record

    folder = cli.folder / record["evidence"]
    assert "Fatal Python error" in (folder / "output.txt").read_text()
    assert json.loads((folder / "record.json").read_text())[0]["signal"] == "SIGSEGV"
    assert record["in_hand"][0]["node"] == "Tilings"


def test_crash_does_not_undo_frames_that_were_done(cli: CommandLine) -> None:
    records = cli.host("killed").render("--json", "--frames", "1..3").record

    assert [record["verdict"] for record in records] == ["ok", "crash"]
    assert [record["tiles_done"] for record in records] == [4, 1]
    assert (records[1]["frame"], records[1]["signal"]) == (2, "SIGKILL")
    assert (cli.folder / "scene_0001.png").exists()


def test_host_that_leaves_with_0_in_the_middle_has_crashed(cli: CommandLine) -> None:
    result = cli.host("exit-0").render("--json")

    assert result.status == 4
    assert result.record["signal"] is None
    assert "os._exit" in result.err
    assert result.record["image"] is None


# A host that is not one, or is another.


@pytest.mark.parametrize(
    ("mode", "complaint"),
    [
        ("stranger", "not a pynodes-host"),
        ("no-library", "ended with status 127"),
        ("unknown-event", "'moon'"),
        ("other-schema", "schema 3"),
    ],
)
def test_host_that_does_not_match_cannot_start(cli: CommandLine, mode: str, complaint: str) -> None:
    result = cli.host(mode).render("--json")

    assert result.status == 3
    assert complaint in result.err
    assert result.record["verdict"] == "cannot-start"


def test_host_that_is_missing_is_told_in_json_too(cli: CommandLine) -> None:
    cli.environ["PYNODES_HOST"] = "/nowhere/pynodes-host"

    result = cli.render("--json")

    assert result.status == 3
    assert "error: there is no /nowhere/pynodes-host" in result.err
    assert result.record["errors"][0]["where"] == "environment variable PYNODES_HOST"


def test_lines_that_are_no_events_are_counted_and_spoil_nothing(cli: CommandLine) -> None:
    result = cli.host("garbage").render("--json")

    assert result.status == 0
    assert result.record["verdict"] == "ok"
    assert any("5 lines of the host's events" in text for text in result.record["warnings"])


# Engines.


def test_table_tells_which_engine_and_why(cli: CommandLine) -> None:
    result = cli.render("--turnstile", "off", "--switch-interval", "0.02")

    assert "engine  shared: the only one" in result.out
    assert (
        "(attached per tile, no turnstile, switch interval 20 ms, Python 3.11.7, GIL on"
        in result.out
    )


def test_more_threads_than_cores_are_said_to_be_so(cli: CommandLine) -> None:
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    try:
        result = cli.render()
    finally:
        os.sched_setaffinity(0, cores)

    assert "threads  2 on 1 core  (attached" in result.out


def test_nodes_that_matter_have_a_line_each_with_what_all_workers_say(cli: CommandLine) -> None:
    result = cli.render()
    record = cli.render("--json").record

    assert "nodes  Tilings  45 %  180 us  (1,000 calls, 180 ns each)\n" in result.out
    assert "       Noise    25 %  100 us  (native)\n" in result.out
    names = [(cost["node"], cost["calls"], cost["others"]) for cost in record["node_costs"]]
    assert names == [("Tilings", 1000, 0), ("Noise", 4, 0), ("", 9, 3)]
    assert record["node_costs"][0]["cpu_s"] == 0.000180003
    assert record["node_costs"][1]["share"] == 0.25


def test_engine_and_its_settings_are_in_json_and_in_the_stored_command(cli: CommandLine) -> None:
    record = cli.render(
        "--json", "--engine", "process", "--turnstile", "off", "--switch-interval", "0.02"
    ).record

    assert (record["engine"], record["why"]) == ("shared", "the only one")
    assert (record["turnstile"], record["switch_interval"]) == (False, 0.02)
    words = shlex.split(record["command"])
    for pair in (["--engine", "process"], ["--turnstile", "off"], ["--switch-interval", "0.02"]):
        assert pair == words[words.index(pair[0]) :][:2]


def test_last_engine_of_a_frame_holds_and_its_tiles_are_counted_once(cli: CommandLine) -> None:
    record = cli.host("fallback").render("--json").record

    assert (record["engine"], record["gil"]) == ("shared", False)
    assert record["why"].startswith("no interpreter of its own per thread")
    assert (record["verdict"], record["tiles_done"], record["warnings"]) == ("ok", 4, [])


def test_worker_that_died_is_a_warning_when_the_picture_is_whole(cli: CommandLine) -> None:
    result = cli.host("worker-died").render("--engine", "process")

    assert result.status == 0
    assert "warning: worker 1 was ended by signal 11 (Segmentation fault): tile 1" in result.err
    assert "verdict  ok" in result.out
    assert "threads  2 workers  (attached per tile, Python 3.11.7, a GIL per worker)" in result.out


def test_lost_tile_is_a_crash_told_once_with_its_line(cli: CommandLine) -> None:
    result = cli.host("lost").render("--engine", "process", "--json")

    assert result.status == 4
    assert result.err.count("error: ") == 1
    assert "error: 1 tile lost: each killed two workers\n  where: tile 1\n" in result.err
    again = "pynodes render scene.py --only-tile 1 -t 1 --size 64x64 --engine shared"
    assert f"again: {again}" in result.err
    assert "a partial picture: 3 of 4 tiles" in result.err
    record = result.record
    assert (record["verdict"], record["again"], record["tiles_done"]) == ("crash", again, 3)
    assert [error["kind"] for error in record["errors"]] == ["crash"]
    assert len(record["warnings"]) == 2


def test_lost_tiles_of_several_frames_are_a_crash_of_each(cli: CommandLine) -> None:
    records = cli.host("lost").render("--engine", "process", "--json", "--frames", "1..2").record

    assert [record["verdict"] for record in records] == ["crash", "crash"]


def test_workers_are_asked_for_their_stacks_too(cli: CommandLine) -> None:
    result = cli.host("workers-hang").render("--limit", "2", "--json", "--engine", "process")

    assert result.status == 5
    assert "stack of the host" in result.err
    assert "stack of the worker" in result.err
    assert "node Tilings, pixel (40, 7), tile 1, worker 1" in result.err


# A host that does not end.


def test_limit_ends_a_deaf_host_and_its_children(cli: CommandLine) -> None:
    result = cli.host("hang").render("--limit", "0.5", "--json")

    assert result.status == 5
    assert result.record["verdict"] == "hang"
    assert result.record["tiles_done"] == 1
    assert "Thread 1: in tilings.py line 7" in result.err
    pids = next(line for line in result.err.splitlines() if line.startswith("pids ")).split()[1:]
    # The child is killed with its group; who collects it, and when, is up to the system.
    deadline = time.monotonic() + cli.limit_s
    while not all(has_ended(int(pid)) for pid in pids) and time.monotonic() < deadline:
        os.sched_yield()
    assert all(has_ended(int(pid)) for pid in pids)


# Refused before any work.


@pytest.mark.parametrize(
    ("out", "complaint"),
    [
        ("a.gif", "a picture cannot be written as .gif"),
        ("no/such/a.png", "there is no folder no/such"),
        ("bin", "OUT is a folder"),
        (".", "OUT is a folder"),
    ],
)
def test_out_that_cannot_be_written_stops_it_before_rendering(
    cli: CommandLine, out: str, complaint: str
) -> None:
    result = cli.render("-o", out, "--json")

    assert result.status == 3
    assert f"error: {complaint}" in result.err
    assert "hello from a node" not in result.err
    assert result.record["verdict"] == "cannot-start"
    assert result.record["width"] == 64


def test_scene_that_is_missing_is_usage_with_near_misses(cli: CommandLine) -> None:
    result = cli.run("render", "scen.py", "--json")

    assert result.status == 2
    assert "there is no file scen.py" in result.err
    assert "help:  did you mean scene.py?" in result.err
    assert result.record["verdict"] == "cannot-start"


@pytest.mark.parametrize(
    ("arguments", "accepted"),
    [
        (["-t", "0"], "1 to 1024, or `auto`"),
        (["-t", "many"], "1 to 1024, or `auto`"),
        (["--size", "64"], "such as 640x480"),
        (["--samples", "0"], "1 to 4096"),
        (["--tile", "1.5"], "1 to 4096"),
        (["--seed", "-1"], "0 to 9223372036854775807"),
        (["--frame", "one"], "whole number"),
        (["--frames", "5..1"], "write 1..5"),
        (["--frame", "1", "--frames", "1..2"], "contradict"),
        (["-q", "-v"], "contradict"),
        (["-D", "scale"], "-D scale=4"),
        (["--order", "zigzag"], "'hilbert', 'scanline', 'spiral'"),
        (["--engine", "warp"], "'auto', 'shared', 'isolated', 'process'"),
        (["--engine", "proces"], "did you mean process?"),
        (["--engine", "isolated", "--attach", "fresh"], "engine shared or process"),
        (["--turnstile", "maybe"], "'on', 'off'"),
        (["--switch-interval", "0"], "seconds, 1e-6 to 1e6; Python's own is 0.005"),
        (["--switch-interval", "soon"], "seconds, 1e-6 to 1e6; Python's own is 0.005"),
        (["--attach", "never"], "'tile', 'thread'"),
        (["--preview", "torus"], "'sphere', 'plane', 'cube'"),
        (["--only-tile", "4"], "0 to 3 are accepted"),
        (["--limit", "0"], "seconds above 0"),
        (["--limit", "nan"], "seconds above 0"),
        (["--color", "red"], "'auto', 'always', 'never'"),
        (["--progress", "some"], "'auto', 'always', 'never'"),
        (["--sample", "3"], "--samples"),
    ],
)
def test_bad_option_is_usage_and_says_what_is_accepted(
    cli: CommandLine, arguments: list[str], accepted: str
) -> None:
    result = cli.render(*arguments)

    assert result.status == 2
    assert result.err.startswith("error: ")
    assert accepted in result.err
    assert result.out == ""
    assert cli.left_behind() == []
