"""What to render, as one validated value, and its spelling on command lines."""

from __future__ import annotations

from pathlib import Path

from pynodes import printable
from pynodes.options.kinds import Pixel
from pynodes.options.places import path_word
from pynodes.options.table import Options, rows_of


class Job(Options):
    """One render: a scene with its options (pynodes/options/table.py has a row for each).

    Raises `BadValueError` when a field is out of its range, or two do not go together.
    """

    __slots__ = ()

    @property
    def image_bytes(self) -> int:
        """Size of one frame file without its header."""
        return self.width * self.height * 16

    def to_argv(self, out: Path | None = None) -> list[str]:
        """Arguments for the host, every option spelt out so that the line stands for itself."""
        values = self.values()
        argv = [
            word
            for row in rows_of(type(self))
            if row.host_arg is not None
            for word in row.words(row.value(values))
        ]
        if out is not None:
            argv += ["--out", path_word(out)]
        return [*argv, path_word(self.scene)]

    def again(
        self, tile: int, frame: int, engine: str = "", pixel: tuple[int, ...] | None = None
    ) -> str:
        """The `pynodes` command that renders one tile of this job, on one thread, for pasting.

        Args:
            engine: the one that `auto` took, when it is known.
            pixel: x, y and sample: look into it, instead of rendering its tile.

        Options at their default are left out, and those that mean nothing to one thread. What a
        worker of engine `process` does is what `shared` does on one thread, without the detour.
        The picture goes to the default place for one tile, so it never replaces a whole one.
        """
        part = ["--only-tile", str(tile)] if pixel is None else ["--pixel", Pixel().format(pixel)]
        argv = ["pynodes", "render", path_word(self.scene), *part, "-t", "1", *self.aside]
        values = self.values()
        values |= {"engine": _engine_again(self.engine, engine), "frames": (frame,)}
        for row in rows_of(type(self)):
            value = row.value(values)
            if row.on_one_thread and value != row.default:
                argv += row.words(value, short=True)
        return printable.command(argv)


def _engine_again(asked: str, taken: str) -> str:
    """`auto` takes `shared` for one thread, so what it took for more must be said."""
    if asked == "auto":
        return "isolated" if taken == "isolated" else "auto"
    return "shared" if asked == "process" else asked
