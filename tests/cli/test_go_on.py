"""A render that was ended leaves finished pictures, says what is left, and is gone on with."""

from __future__ import annotations

import os
import pty
import shlex
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine


def test_partial_picture_leaves_the_finished_one_and_goes_with_the_next(cli: CommandLine) -> None:
    cli.render()
    finished = (cli.folder / "scene.png").read_bytes()

    record = cli.host("segfault").render("--json").record
    kept = (cli.folder / "scene.png").read_bytes()
    cli.host("ok").render()

    assert record["image"] == "scene.partial.png"
    assert kept == finished
    assert cli.left_behind() == ["pynodes-runs", "scene.png"]


def test_frames_that_are_left_are_named_with_the_whole_command(cli: CommandLine) -> None:
    result = cli.host("killed").render(
        "--frames", "1..3,5..9:2", "-o", "a b_##.png", "-D", "title=it's", "--json"
    )

    assert "warning: 5 of 6 frames are left\n" in result.err
    again = result.err.splitlines()[-1].removeprefix("again: ")
    assert shlex.split(again) == [
        "pynodes", "render", "scene.py", "--out", "a b_##.png", "--size", "64x64",
        "--frames", "2,3..9:2", "--define", "title=it's", "--json",
    ]  # fmt: skip
    rest = cli.host("ok").run(*shlex.split(again)[1:])
    assert rest.status == 0
    names = [f"a b_0{frame}.png" for frame in (1, 2, 3, 5, 7, 9)]
    assert cli.left_behind() == [*names, "pynodes-runs"]


def test_last_frame_that_is_left_keeps_its_name(cli: CommandLine) -> None:
    result = cli.host("killed").render("--frames", "1..2")

    again = result.err.splitlines()[-1]
    assert again == "again: pynodes render scene.py --out 'scene_####.png' --size 64x64 --frames 2"
    assert cli.host("ok").run(*shlex.split(again)[2:]).status == 0
    assert cli.left_behind() == ["pynodes-runs", "scene_0001.png", "scene_0002.png"]


def test_scene_that_never_began_leaves_nothing_to_go_on_with(cli: CommandLine) -> None:
    assert "are left" not in cli.host("scene-error").render("--frames", "1..3").err


def test_create_dir_makes_the_folder_that_is_missing(cli: CommandLine) -> None:
    refused = cli.render("-o", "new/deep/a.png")
    made = cli.render("-o", "new/deep/a.png", "--create-dir")

    assert refused.status == 3
    assert "help:  `mkdir -p new/deep`, or --create-dir" in refused.err
    assert made.status == 0
    assert (cli.folder / "new/deep/a.png").exists()


def test_create_dir_where_a_file_is_in_the_way_is_an_error(cli: CommandLine) -> None:
    (cli.folder / "new").write_text("")

    result = cli.render("-o", "new/deep/a.png", "--create-dir")

    assert result.status == 3
    assert "error: the folder new/deep cannot be made: Not a directory" in result.err


def test_bits_of_what_is_no_png_are_a_usage_error(cli: CommandLine) -> None:
    result = cli.render("-o", "a.exr", "--bits", "16")

    assert result.status == 2
    assert "error: --bits is for a .png, which a.exr is not\n" in result.err


# --resume.


FRAMES = ("--frames", "1..3", "--resume")
NAMES = ["scene_0001.png", "scene_0002.png", "scene_0003.png"]


def test_resume_renders_what_is_left_and_lists_all(cli: CommandLine) -> None:
    cli.host("killed").render(*FRAMES)
    before = (cli.folder / NAMES[0]).stat()
    same = (before.st_ino, before.st_mtime_ns)

    result = cli.host("ok").render(*FRAMES, "--json")

    assert result.status == 0
    assert result.err.splitlines()[-1] == "1 of 3 frames was finished already"
    assert [record["frame"] for record in result.record] == [1, 2, 3]
    assert [record["image"] for record in result.record] == NAMES
    texts = [record["verdict_text"] for record in result.record]
    assert texts == ["finished already", "finished", "finished"]
    assert [record["engine"] for record in result.record] == [None, "shared", "shared"]
    after = (cli.folder / NAMES[0]).stat()
    assert (after.st_ino, after.st_mtime_ns) == same
    assert cli.left_behind() == ["pynodes-runs", *NAMES]


def test_resume_of_all_that_is_finished_starts_nothing(cli: CommandLine) -> None:
    whole = cli.render("--frames", "1..3", "--json").record

    result = cli.host("stranger").render(*FRAMES, "--json")

    assert result.status == 0
    assert result.err == "3 of 3 frames were finished already\n"
    keys = ("sha256", "image", "frame", "tiles", "tiles_done", "width", "samples", "seed")
    for one, other in zip(whole, result.record, strict=True):
        assert [one[key] for key in keys] == [other[key] for key in keys]


def test_resume_of_a_single_picture_leaves_it(cli: CommandLine) -> None:
    cli.render()

    result = cli.host("stranger").render("--resume")

    assert result.status == 0
    assert "picture  scene.png" in result.out
    assert result.err == "1 of 1 frame was finished already\n"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        (["--samples", "5"], "samples was 4, is 5"),
        (["-D", "x=1"], "define was not given, is x=1"),
        (["--bits", "16"], "bits was 8, is 16"),
    ],
)
def test_resume_with_another_option_renders_anew(
    cli: CommandLine, more: list[str], why: str
) -> None:
    cli.render("--frames", "1..3")

    result = cli.render(*FRAMES, *more)

    assert f"frames 1..3 are rendered anew: {why}\n" in result.err
    assert result.err.endswith("0 of 3 frames were finished already\n")
    assert cli.render(*FRAMES, *more).err == "3 of 3 frames were finished already\n"


def test_resume_of_a_changed_scene_renders_anew(cli: CommandLine) -> None:
    cli.scene("scene.py", "import rings\ndef build(params, frame): ...\n").scene("rings.py", "")
    cli.render("--frames", "1..3")
    cli.scene("rings.py", "A = 1\n")

    result = cli.render(*FRAMES)

    assert "frames 1..3 are rendered anew: rings.py has changed\n" in result.err


def test_resume_trusts_no_name(cli: CommandLine) -> None:
    cli.render("--frames", "1..5")
    cli.host("node-error").render("--frames", "4")
    (cli.folder / "scene.png").rename(cli.folder / "scene_0004.png")
    (cli.folder / "scene_0005.png").write_text("by hand")
    with (cli.folder / NAMES[1]).open("r+b") as file:
        file.truncate(100)
    (cli.folder / NAMES[2]).write_bytes((cli.folder / NAMES[0]).read_bytes())

    result = cli.host("ok").render("--frames", "1..5", "--resume")

    assert "frame 2 is rendered anew: it is cut off\n" in result.err
    assert "frame 3 is rendered anew: it is frame 1\n" in result.err
    assert "frame 4 is rendered anew: nodes raised in it\n" in result.err
    assert "frame 5 is rendered anew: it is not a PNG file\n" in result.err
    assert result.err.endswith("1 of 5 frames was finished already\n")
    assert cli.render("--frames", "1..5", "--resume").err.startswith("5 of 5 frames")


def test_frames_left_by_a_second_end_are_counted_of_all(cli: CommandLine) -> None:
    cli.render("--frames", "1..2")

    result = cli.host("killed").render("--frames", "1..9", "--resume", "-o", "scene.png")

    assert "warning: 6 of 9 frames are left\n" in result.err
    again = "again: pynodes render scene.py --out scene.png --resume --size 64x64 --frames 4..9"
    assert again in result.err.splitlines()


def test_resume_removes_what_a_kill_left_beside_a_finished_picture(cli: CommandLine) -> None:
    cli.render()
    (cli.folder / "scene.partial.png").write_text("")

    dry = cli.render("--resume", "--dry-run")
    kept = cli.left_behind()
    cli.render("--resume")

    assert dry.status == 0
    assert kept == ["scene.partial.png", "scene.png"]
    assert cli.left_behind() == ["scene.png"]


@pytest.mark.parametrize("suffix", [".jpg", ".npy"])
def test_resume_works_in_other_forms(cli: CommandLine, suffix: str) -> None:
    out = ("-o", f"a{suffix}")
    cli.host("killed").render(*FRAMES, *out)

    assert cli.host("ok").render(*FRAMES, *out).err.endswith("1 of 3 frames was finished already\n")
    assert cli.render(*FRAMES, *out).err == "3 of 3 frames were finished already\n"


def test_resume_of_a_pfm_is_a_usage_error(cli: CommandLine) -> None:
    result = cli.render("--resume", "-o", "a.pfm")

    assert result.status == 2
    assert "error: a .pfm does not say what it was made of" in result.err


# --dry-run.


def test_dry_run_says_what_would_be_rendered_and_writes_nothing(cli: CommandLine) -> None:
    cli.host("killed").render("--frames", "1..9")
    before = cli.left_behind()

    result = cli.host("stranger").render(
        "--frames", "1..9", "--resume", "--dry-run", "--engine", "process", "-t", "3"
    )

    assert result.status == 0
    assert result.err == ""
    assert result.out.splitlines()[:5] == [
        " picture  scene_0001.png .. scene_0009.png  (64 x 64, 4 samples)",
        "  frames  1..9  (9)",
        "finished  1  (1)",
        " threads  3",
        "  engine  process: asked for",
    ]
    assert cli.left_behind() == before


def test_dry_run_as_json(cli: CommandLine) -> None:
    cli.render()
    found = cli.render("--resume", "--dry-run", "--samples", "5", "-t", "1", "--json").record

    assert found["frames"] == [
        {"frame": 1, "image": "scene.png", "finished": False, "anew": "samples was 4, is 5"}
    ]
    assert (found["engine"], found["why"]) == ("shared", "one thread")
    assert 30 << 20 < found["memory_bytes"] < 100 << 20


def test_dry_run_makes_no_folder_and_refuses_what_a_render_would(cli: CommandLine) -> None:
    made = cli.render("--dry-run", "-o", "new/a.png", "--create-dir")
    refused = cli.render("--dry-run", "-o", "new/a.png")

    assert (made.status, refused.status) == (0, 3)
    assert not (cli.folder / "new").exists()


# -o -.


def streamed(cli: CommandLine, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "pynodes", "render", "scene.py", "--size", "64x64", "-o", "-"]
        + list(arguments),
        cwd=cli.folder,
        env=cli.environ,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=cli.limit_s,
        check=False,
    )


@pytest.mark.parametrize(
    ("form", "head"), [("png", b"\x89PNG"), ("jpg", b"\xff\xd8"), ("npy", b"\x93NUMPY")]
)
def test_picture_for_stdout_is_there_and_all_else_on_stderr(
    cli: CommandLine, form: str, head: bytes
) -> None:
    cli.render("-o", f"a.{form}")

    result = streamed(cli, *(["--format", form] if form != "png" else []))

    assert result.returncode == 0
    assert result.stdout == (cli.folder / f"a.{form}").read_bytes()
    assert result.stdout.startswith(head)
    assert b"hello from a node\n" in result.stderr
    assert b" picture  -  (64 x 64, 4 samples)\n" in result.stderr
    assert cli.left_behind() == [f"a.{form}"]


def test_picture_for_stdout_that_is_not_finished_is_none(cli: CommandLine) -> None:
    result = streamed(cli.host("segfault"))

    assert (result.returncode, result.stdout) == (4, b"")
    assert b"the picture was not finished, so no picture was written\n" in result.stderr


def test_picture_for_stdout_with_node_errors_is_written(cli: CommandLine) -> None:
    result = streamed(cli.host("node-error"))

    assert result.returncode == 1
    assert result.stdout.startswith(b"\x89PNG")


def test_picture_for_stdout_that_nobody_reads_is_said_by_the_status(cli: CommandLine) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        result = subprocess.run(
            [sys.executable, "-m", "pynodes", "render", "scene.py", "-o", "-"],
            cwd=cli.folder,
            env=cli.environ,
            stdin=subprocess.DEVNULL,
            stdout=writer,
            timeout=cli.limit_s,
            check=False,
        )
    finally:
        os.close(writer)

    assert result.returncode == 141


def test_terminal_is_no_place_for_a_picture(cli: CommandLine) -> None:
    screen, terminal = pty.openpty()
    try:
        result = subprocess.run(
            [sys.executable, "-m", "pynodes", "render", "scene.py", "-o", "-"],
            cwd=cli.folder,
            env=cli.environ,
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=subprocess.PIPE,
            text=True,
            timeout=cli.limit_s,
            check=False,
        )
    finally:
        os.close(terminal)
        os.close(screen)

    assert result.returncode == 2
    assert "error: a picture is not for a terminal\n" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["-o", "-", "--frames", "1..3"], "stdout takes one picture, not 3 frames"),
        (["-o", "-", "--json"], "--json and -o - are both for stdout"),
        (["-o", "-", "--resume"], "--resume goes by pictures that are there"),
        (["-o", "-", "--format", "jpg", "--bits", "16"], "--bits is for a .png"),
        (["--format", "jpg"], "--format is for a picture on stdout"),
        (["-o", "-", "--format", "gif"], "'gif' is not one of"),
        (["--pixel", "1,1", "--resume"], "--pixel writes no picture"),
        (["--debug", "--dry-run"], "--debug writes no picture"),
    ],
)
def test_options_of_a_picture_that_mean_nothing_are_usage_errors(
    cli: CommandLine, arguments: list[str], complaint: str
) -> None:
    result = cli.render(*arguments)

    assert result.status == 2
    assert f"error: {complaint}" in result.err.replace("invalid value for '--format': ", "")
