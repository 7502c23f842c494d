"""What is kept of a run: a failure to keep one thing takes nothing else with it."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from pynodes.image import files
from pynodes.rendering.pipeline import HostRun


@pytest.mark.parametrize(
    ("failure", "words"),
    [
        (MemoryError(), "out of memory"),
        (OSError(errno.EXDEV, "Invalid cross-device link"), "Invalid cross-device link"),
        (ImportError("no module", name="PIL"), "(PIL): no module"),
        (ZeroDivisionError("by zero"), "pynodes itself failed: ZeroDivisionError: by zero"),
    ],
)
def test_any_failure_of_a_picture_is_its_own_and_the_next_is_kept(
    failure: Exception, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np = pytest.importorskip("numpy")
    raw = tmp_path / "frame.npy"
    np.save(raw, np.ones((2, 2, 4), np.float32))
    host = HostRun(Path("host"), None, None, tmp_path, ())

    def fail(*_: object) -> None:
        raise failure

    with monkeypatch.context() as broken:
        broken.setattr(files, "save", fail)
        first = host.keep_picture(raw, tmp_path / "first.png")
    second = host.keep_picture(raw, tmp_path / "second.png")

    assert first.error is not None
    assert words in first.error.what
    assert second.error is None
    assert (tmp_path / "second.png").exists()
    assert [(note.kind, words in note.what) for note in host.notes()] == [("output", True)]
