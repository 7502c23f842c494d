"""Victims, built once a session and diagnosed several at a time: most of a diagnosis is waiting."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest
import victims
from diagnosing import Answer, Begin, diagnose

from pynodes.diagnose import witness
from pynodes.diagnose.collect import gdb

AT_ONCE = 8


@pytest.fixture(scope="session")
def kit(tmp_path_factory: pytest.TempPathFactory) -> victims.Kit:
    made = victims.make_kit(sys.executable, tmp_path_factory.mktemp("victims"))
    if made.missing:
        pytest.skip(f"victims cannot be built: {made.missing}")
    return made


@pytest.fixture(scope="session")
def has_collector() -> None:
    usable, why = gdb.is_usable()
    if not usable:
        pytest.skip(why)
    if not gdb.may_trace():
        pytest.skip("ptrace is not allowed here")
    if witness.find() is None:
        pytest.skip("no witness: it was not built here")


@pytest.fixture(scope="session")
def begin(
    tmp_path_factory: pytest.TempPathFactory, scaled: Callable[[float], float]
) -> Iterator[Begin]:
    """Start a diagnosis in a folder of its own; the answer comes later."""
    root = tmp_path_factory.mktemp("diagnoses")

    def run(number: int, arguments: tuple[str, ...], environ: dict[str, str]) -> Answer:
        folder = root / str(number)
        folder.mkdir()
        said = diagnose(folder, *arguments, timeout_s=scaled(90), environ=environ)
        assert not list(folder.glob("core*")), "a core file was left"
        return said

    with ThreadPoolExecutor(AT_ONCE) as pool:
        count = iter(range(10_000))

        def start(*arguments: str, **environ: str) -> Future[Answer]:
            return pool.submit(run, next(count), arguments, environ)

        yield start
        pool.shutdown(cancel_futures=True)
