"""A job refuses what cannot be rendered and spells itself for the host."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pynodes.errors import BadValueError
from pynodes.model.job import Job
from pynodes.options.kinds import (
    MAX_FRAMES,
    Define,
    Ranges,
    Size,
    format_ranges,
)
from pynodes.options.table import HOST_ONLY, host_options, rows_of, table_differences

SCENE = Path("scene.py")

ROWS = {row.name: row for row in rows_of()}
parse_ranges = Ranges().parse
parse_size = Size().parse
parse_define = Define().parse
parse_threads = ROWS["threads"].kind.parse
parse_switch_interval = ROWS["switch-interval"].kind.parse


@pytest.mark.parametrize(
    ("text", "frames"),
    [
        ("7", (7,)),
        ("1..4", (1, 2, 3, 4)),
        ("1..10:4", (1, 5, 9)),
        ("3..3", (3,)),
        ("-2..1", (-2, -1, 0, 1)),
        ("9, 1..3", (9, 1, 2, 3)),
        ("1..3,2", (1, 2, 3)),
    ],
)
def test_ranges_are_read(text: str, frames: tuple[int, ...]) -> None:
    assert parse_ranges(text) == frames


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "empty"),
        ("a", "not a frame"),
        ("1..", "not a range"),
        ("1...3", "not a frame"),
        ("1-3", "not a frame"),
        ("1,,2", "empty place"),
        ("1.5", "not a frame"),
        ("5..1", "counts down"),
        ("1..9:0", "step"),
        ("1..9:-1", "step"),
        ("9999999999", "not a frame"),
        ("9" * 5000, "not a frame"),
        (f"1..{MAX_FRAMES + 1}", "more than"),
    ],
)
def test_ranges_that_make_no_sense_are_refused(text: str, complaint: str) -> None:
    with pytest.raises(BadValueError, match=complaint) as caught:
        parse_ranges(text)

    assert caught.value.help


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=30, unique=True))
def test_ranges_survive_being_written_and_read(frames: list[int]) -> None:
    assert parse_ranges(format_ranges(frames)) == tuple(frames)


def test_ranges_are_written_short() -> None:
    assert format_ranges([1, 2, 3, 4, 10, 20, 30, 7]) == "1..4,10..30:10,7"


@pytest.mark.parametrize(("text", "size"), [("640x480", (640, 480)), ("1X16384", (1, 16384))])
def test_size_is_read(text: str, size: tuple[int, int]) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize("text", ["", "640", "640x", "x", "0x4", "4x0", "4x16385", "-4x4", "4x4x4"])
def test_size_that_makes_no_sense_is_refused(text: str) -> None:
    with pytest.raises(BadValueError) as caught:
        parse_size(text)

    assert "1 to 16384" in caught.value.help


@pytest.mark.parametrize("text", ["0", "-1", "1025", "2.5", "many", "", "9" * 5000])
def test_threads_out_of_range_are_refused(text: str) -> None:
    with pytest.raises(BadValueError) as caught:
        parse_threads(text)

    assert caught.value.help == "write a whole number, 1 to 1024, or `auto`"


def test_threads_auto_is_none() -> None:
    assert parse_threads("auto") is None
    assert parse_threads("1024") == 1024


def test_define_keeps_everything_behind_the_first_equals() -> None:
    assert parse_define("a=b=c") == ("a", "b=c")
    assert parse_define("a=") == ("a", "")
    with pytest.raises(BadValueError):
        parse_define("=b")
    with pytest.raises(BadValueError):
        parse_define("a")


@pytest.mark.parametrize(
    "wrong",
    [
        {"threads": 0},
        {"width": 0},
        {"height": 16385},
        {"samples": 4097},
        {"tile": 0},
        {"seed": -1},
        {"seed": 2**63},
        {"frames": ()},
        {"engine": "magic"},
        {"order": "random"},
        {"only_tile": 300},
        {"only_tile": -1},
    ],
)
def test_job_out_of_range_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(BadValueError):
        Job(SCENE, **wrong)


def test_job_counts_tiles_of_ragged_edges() -> None:
    assert Job(SCENE, width=65, height=64, tile=32).tiles_per_frame == 6
    assert Job(SCENE, width=65, height=64, tile=32, only_tile=5).only_tile == 5


def test_job_spells_every_option_for_the_host() -> None:
    job = Job(
        SCENE,
        threads=8,
        frames=(1, 2, 3),
        only_tile=7,
        defines=(("a", "1"), ("b", "x y")),
        stop_on_error=True,
    )

    argv = job.to_argv(Path("out_####.npy"))

    assert argv[-1] == "scene.py"
    assert " ".join(argv[:2]) == "--threads 8"
    for words in ("--frames 1..3", "--only-tile 7", "--stop-on-error", "--out out_####.npy"):
        assert words in " ".join(argv)
    assert [argv[at + 1] for at, word in enumerate(argv) if word == "--define"] == ["a=1", "b=x y"]
    known = {f"--{option.name}" for option in host_options(rows_of())}
    assert {word for word in argv if word.startswith("--")} <= known


def test_job_does_not_let_a_path_look_like_an_option() -> None:
    assert Job(Path("-x.py")).to_argv()[-1] == "./-x.py"


def test_again_renders_the_tile_and_says_no_more_than_needed() -> None:
    assert Job(SCENE, threads=64).again(37, 1) == "pynodes render scene.py --only-tile 37 -t 1"


def test_again_has_the_words_that_belong_to_every_line() -> None:
    job = Job(SCENE, aside=("--no-config", "--python", "3.13t"))

    assert job.again(7, 1) == (
        "pynodes render scene.py --only-tile 7 -t 1 --no-config --python 3.13t"
    )
    assert job == Job(SCENE)


def test_again_keeps_what_changes_the_pixels() -> None:
    job = Job(
        Path("my scene.py"),
        width=64,
        height=32,
        samples=1,
        tile=8,
        seed=11,
        frames=(1, 5),
        defines=(("title", "a 'b'"),),
    )

    words = shlex.split(job.again(3, 5))

    assert words[:3] == ["pynodes", "render", "my scene.py"]
    for pair in (
        ["--only-tile", "3"],
        ["--size", "64x32"],
        ["--samples", "1"],
        ["--tile", "8"],
        ["--seed", "11"],
        ["--frame", "5"],
        ["-D", "title=a 'b'"],
    ):
        assert pair == words[words.index(pair[0]) :][:2]


@pytest.mark.parametrize(
    ("asked", "taken", "words"),
    [
        ("auto", "", ""),
        ("auto", "shared", ""),
        ("auto", "isolated", " --engine isolated"),
        ("isolated", "isolated", " --engine isolated"),
        ("shared", "shared", " --engine shared"),
        ("process", "process", " --engine shared"),
    ],
)
def test_again_takes_the_engine_that_did_it_on_one_thread(
    asked: str, taken: str, words: str
) -> None:
    job = Job(SCENE, engine=asked)

    assert job.again(7, 1, taken) == f"pynodes render scene.py --only-tile 7 -t 1{words}"


def test_turnstile_and_switch_interval_are_told_to_the_host() -> None:
    words = " ".join(Job(SCENE, turnstile=False, switch_interval=1e-6).to_argv())

    assert "--turnstile off" in words
    assert "--switch-interval 1e-06" in words
    assert "--turnstile on" in " ".join(Job(SCENE).to_argv())
    assert "--switch-interval" not in Job(SCENE).to_argv()


@pytest.mark.parametrize(("text", "seconds"), [("0.005", 0.005), ("1e-6", 1e-6), ("1e6", 1e6)])
def test_switch_interval_is_read(text: str, seconds: float) -> None:
    assert parse_switch_interval(text) == seconds


@pytest.mark.parametrize("text", ["0", "-1", "1e-7", "1e7", "nan", "inf", "fast", ""])
def test_switch_interval_that_python_does_not_take_is_refused(text: str) -> None:
    with pytest.raises(BadValueError, match="not a switch interval") as caught:
        parse_switch_interval(text)

    assert "0.005" in caught.value.help


def test_fresh_states_belong_to_one_interpreter() -> None:
    with pytest.raises(BadValueError, match="fresh") as caught:
        Job(SCENE, engine="isolated", attach="fresh")

    assert "engine shared or process" in caught.value.help


@pytest.mark.parametrize("engine", ["isolated", "process"])
def test_shared_nodes_belong_to_one_interpreter(engine: str) -> None:
    with pytest.raises(BadValueError, match="one interpreter") as caught:
        Job(SCENE, engine=engine, node_sharing="shared")

    assert "engine shared" in caught.value.help
    assert "--node-sharing shared" in " ".join(Job(SCENE, node_sharing="shared").to_argv())
    assert "--node-sharing own" in " ".join(Job(SCENE).to_argv())


def test_trace_is_told_to_the_host() -> None:
    argv = Job(SCENE, trace=Path("-t.json"), trace_calls=True).to_argv()

    assert argv[argv.index("--trace") + 1] == "./-t.json" and "--trace-calls" in argv
    with pytest.raises(BadValueError, match="single calls"):
        Job(SCENE, trace_calls=True)


def test_table_of_an_equal_host_has_no_differences() -> None:
    rows = [option._asdict() for option in host_options(rows_of())]
    rows += [{"name": name} for name in HOST_ONLY]

    assert table_differences({"options": rows}) == []


def test_option_that_only_the_host_knows_is_a_difference() -> None:
    rows = [option._asdict() for option in host_options(rows_of())]

    found = table_differences({"options": [*rows, {"name": "news"}]})

    assert found == ["--news is not known here"]


def test_table_of_another_host_is_told_option_by_option() -> None:
    rows = [option._asdict() for option in host_options(rows_of()) if option.name != "seed"]
    rows[0]["default"] = "1"

    found = table_differences({"options": rows})

    assert found == [
        "--threads: default is '1' in the host, 'auto' here",
        "--seed is missing in the host",
    ]
