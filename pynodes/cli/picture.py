"""Options of `pynodes render` that say where its pictures go, and how."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from pynodes.cli.command import Function, option
from pynodes.cli.options import path_option, refuse_values, value_option
from pynodes.errors import BadValueError, needed
from pynodes.model.job import Job
from pynodes.options.kinds import Words
from pynodes.options.table import OUTPUT

if TYPE_CHECKING:
    from pynodes.rendering.outcome import Outcome
    from pynodes.rendering.request import RenderRequest

FORMS = ("png", "jpg", "npy", "pfm", "exr")

_STDOUT = Path("-")
_OPTIONS = (
    path_option(
        "-o",
        "--out",
        "out",
        metavar="OUT",
        help="The picture: .png, .jpg, .npy, .pfm or .exr; #### becomes the frame number;"
        " - is stdout.  [default: SCENE.png here]",
        group=OUTPUT,
    ),
    value_option(
        Words(("8", "16")),
        "--bits",
        help="Bits of a sample in a .png.  [default: 8]",
        group=OUTPUT,
    ),
    value_option(
        Words(FORMS),
        "--format",
        help="What goes to stdout with -o -.  [default: png]",
        group=OUTPUT,
    ),
    option(
        "--create-dir",
        is_flag=True,
        help="Make the folder of OUT where it is missing.",
        group=OUTPUT,
    ),
    option(
        "--resume",
        is_flag=True,
        help="Leave frames out that are finished already, made of the same.",
        group=OUTPUT,
    ),
    option(
        "--dry-run",
        is_flag=True,
        help="Only say what would be rendered; write nothing.",
        group=OUTPUT,
    ),
)
_GIVEN = ("out", "bits", "format", "create_dir", "resume", "dry_run")


def picture_options(function: Function) -> Function:
    """Add them to a command."""
    for add in reversed(_OPTIONS):
        function = add(function)
    return function


def refuse_picture(job: Job, given: Mapping[str, Any]) -> None:
    """Raises a usage error for any of them with what writes no picture."""
    if job.debug or job.pixel is not None:
        why = "--debug" if job.debug else "--pixel"
        for name in _GIVEN:
            if given[name]:
                word = name.replace("_", "-")
                with refuse_values():
                    raise BadValueError(f"{why} writes no picture", help=f"remove --{word}")


class Output(NamedTuple):
    """What they were given; of a picture for stdout `out` is the file that it is made in."""

    out: Path
    bits: int
    create_dir: bool
    resume: bool
    dry_run: bool
    is_stdout: bool

    @classmethod
    def of(cls, given: Mapping[str, Any], job: Job, *, as_json: bool) -> Output:
        """Raises a usage error for what does not go together."""
        from pynodes.rendering.request import default_output

        out = given["out"] or default_output(job)
        is_stdout = out == _STDOUT
        with refuse_values():
            if is_stdout:
                out = Path(f"picture.{given['format'] or FORMS[0]}")
                _check_stdout(given, job, as_json=as_json)
            elif given["format"] is not None:
                help = "end the name of OUT with it, or take -o -"
                raise BadValueError("--format is for a picture on stdout", help=help)
            if given["resume"] and out.suffix.lower() == ".pfm":
                what = "a .pfm does not say what it was made of, and --resume goes by that"
                raise BadValueError(what, help="name a .exr or an .npy, or leave --resume out")
            if given["bits"] is not None and out.suffix.lower() != ".png":
                what = f"--bits is for a .png, which {out.name} is not"
                raise BadValueError(what, help="leave it out")
        return cls(
            out,
            int(given["bits"] or "8"),
            given["create_dir"],
            given["resume"],
            given["dry_run"],
            is_stdout,
        )

    def prepare(self, request: RenderRequest) -> None:
        """Make the folder, if that is asked for; see that pictures can be there.

        Raises:
            CannotStartError: they cannot.
        """
        folder = self.out.parent
        with needed(f"the folder {folder} cannot be made", help="choose another OUT"):
            if self.create_dir and not folder.is_dir():
                if self.dry_run:
                    return
                from pynodes.outputs import make_folder

                make_folder(folder)
        request.check()

    @contextmanager
    def in_place(self) -> Iterator[Output]:
        """Its place, which what is for stdout needs.

        There a picture that was finished goes to stdout at the end, and all else to stderr.
        """
        if not self.is_stdout:
            yield self
            return
        import shutil

        from pynodes.process.scratch import scratch

        stdout = sys.stdout
        with ExitStack() as stack:
            with needed("the picture has no place", help="TMPDIR is the temporary folder"):
                folder = stack.enter_context(scratch())
            out = folder / self.out
            with redirect_stdout(sys.stderr):
                yield self._replace(out=out)
            if out.exists():
                with out.open("rb") as file:
                    shutil.copyfileobj(file, stdout.buffer)
                stdout.flush()

    def named(self, outcome: Outcome) -> Outcome:
        """With the names of files that stay."""
        if not self.is_stdout:
            return outcome
        names = {str(self.out): str(_STDOUT)}
        records = (each._replace(image=names.get(each.image or "")) for each in outcome.records)
        return outcome._replace(records=tuple(records))


def _check_stdout(given: Mapping[str, Any], job: Job, *, as_json: bool) -> None:
    if as_json:
        raise BadValueError("--json and -o - are both for stdout", help="leave one of them out")
    if given["resume"]:
        what = "--resume goes by pictures that are there, and -o - leaves none"
        raise BadValueError(what, help="leave it out, or name a file")
    if len(job.frames) > 1:
        help = "take one, or name files: -o out_####.png"
        raise BadValueError(f"stdout takes one picture, not {len(job.frames)} frames", help=help)
    if sys.stdout.isatty() and not given["dry_run"]:
        help = "send it to a program or a file, or name one with -o"
        raise BadValueError("a picture is not for a terminal", help=help)
