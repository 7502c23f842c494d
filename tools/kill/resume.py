"""End an animation again and again and go on with it: no frame is lost, rendered twice or half.

    python3 tools/kill/resume.py [--times 30] [--frames 24] [--seed N] [-- RENDER_ARGUMENTS...]

Renders the frames once, let alone. Then, in another folder, `pynodes render --resume` is ended at
random moments: by SIGKILL of the command, of its host, or of both, by Ctrl-C, by its limit; or all
is killed after a finished picture was cut off, as a power cut may leave it. The same command goes
on each time. When all frames are there it begins anew; after so many ends it is let alone until
they are. After each start a file under the name of a picture has to be, byte for byte, that of the
first folder, and one that was there before has to be the same file still. Exit status 1 when one
was not.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pynodes.process import procfs

SCENE = ROOT / "scripts" / "scenes" / "ripples.py"
ARGUMENTS = ["--size", "96x72", "--samples", "2", "-t", "2"]
SIGNALS = ("command killed", "host killed", "both killed", "Ctrl-C", "cut off")
ENDS = (*SIGNALS, "limit")
GONE_S = 15.0


class Animation:
    """One command, ended and gone on with in a folder."""

    def __init__(self, folder: Path, words: list[str], expected: dict[str, bytes]) -> None:
        self.folder, self.words, self.expected = folder, words, expected
        self.torn: dict[str, int] = {}
        self.ended: Counter[str] = Counter()
        self.whole = self.kept = self.partial = 0
        self.problems: list[str] = []

    def finished(self) -> dict[str, tuple[int, int]]:
        """Pictures by name, and which file each is, but for those that were cut off here."""
        found = {path.name: path.stat() for path in self.folder.glob("f_*.png")}
        return {
            name: (facts.st_ino, facts.st_mtime_ns)
            for name, facts in found.items()
            if ".partial" not in name and found[name].st_size != self.torn.get(name)
        }

    def go_on(self, how: str, after_s: float, dice: random.Random) -> None:
        """For a while, or to the end; look at what is there then."""
        before = self.finished()
        if how == "cut off" and before:
            name = dice.choice(sorted(before))
            self.torn[name] = len(self.expected[name]) // 2
            os.truncate(self.folder / name, self.torn[name])
            before.pop(name)
        limit = ["--limit", f"{after_s:.3f}"] if how == "limit" else []
        command = start(self.folder, [*self.words, *limit])
        if how in SIGNALS:
            with suppress(subprocess.TimeoutExpired):
                command.wait(after_s)
            if command.poll() is None:
                self.ended[how] += 1
                kill(command.pid, how)
        command.wait(120)
        if how == "limit" and command.returncode == 5:
            self.ended[how] += 1
        self._look(before, how)

    def _look(self, before: dict[str, tuple[int, int]], how: str) -> None:
        after = self.finished()
        for name in after:
            if (self.folder / name).read_bytes() != self.expected[name]:
                self.problems.append(f"{how}: {name} is not the picture of the first folder")
        for name, file in before.items():
            if after.get(name) != file:
                self.problems.append(f"{how}: {name} was finished, and is another file now")
        self.kept += len(before)
        self.partial += len(list(self.folder.glob("*.partial.png")))
        if after.keys() == self.expected.keys():
            self.whole += 1
            names = {path.name for path in self.folder.iterdir()} - {"pynodes-runs"}
            for name in names - self.expected.keys():
                self.problems.append(f"{how}: all is finished, and {name} is left")
            shutil.rmtree(self.folder)
            self.folder.mkdir()


def start(folder: Path, words: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "pynodes", "render", str(SCENE), *words, "-o", "f_###.png", "-q"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def kill(command: int, how: str) -> None:
    """End it so; return when its host is gone too."""
    below = list(procfs.children_of(command))
    hosts = [pid for pid in below if "pynodes-host" in " ".join(procfs.command_of(pid)[:1])]
    number = signal.SIGINT if how == "Ctrl-C" else signal.SIGKILL
    both = [command, *hosts]
    of_some = {"host killed": hosts, "both killed": both, "cut off": both}
    for pid in of_some.get(how, [command]):
        with suppress(ProcessLookupError):
            os.kill(pid, number)
    end = time.monotonic() + GONE_S
    while any(map(procfs.is_alive, below)) and time.monotonic() < end:
        time.sleep(0.01)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--times", type=int, default=30)
    parser.add_argument("--frames", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("arguments", nargs="*", default=ARGUMENTS, help="for `pynodes render`")
    given = parser.parse_args()
    dice = random.Random(given.seed)
    words = [*given.arguments, "--frames", f"1..{given.frames}"]
    with tempfile.TemporaryDirectory(prefix="pynodes-resume-") as name:
        alone, ended = Path(name, "alone"), Path(name, "ended")
        alone.mkdir()
        ended.mkdir()
        begin = time.monotonic()
        assert start(alone, words).wait(600) == 0, "the render by itself failed"
        took_s = time.monotonic() - begin
        expected = {path.name: path.read_bytes() for path in alone.iterdir()}
        assert len(expected) == given.frames
        animation = Animation(ended, [*words, "--resume"], expected)
        ways = 0
        while sum(animation.ended.values()) < given.times and not animation.problems:
            how = ENDS[ways % len(ENDS)]
            animation.go_on(how, dice.uniform(0.05, 0.5 * took_s), dice)
            ways += 1
        if not animation.problems:
            animation.go_on("let alone", 0.0, dice)
    for problem in animation.problems:
        print(problem)
    counts = ", ".join(f"{animation.ended[how]} {how}" for how in ENDS)
    print(
        f"{given.frames} frames, ended {sum(animation.ended.values())} times ({counts}) in"
        f" {ways} starts; {animation.whole} times all frames; {animation.kept} pictures kept from"
        f" a start to the next, {animation.partial} partial ones seen;"
        f" {len(animation.problems)} problems"
    )
    return bool(animation.problems)


if __name__ == "__main__":
    sys.exit(main())
