"""A render that was ended leaves finished pictures, says what is left, and is gone on with."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

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
    assert "error: --bits is for a .png, and a.exr is none: leave it out" in result.err
