"""`pynodes sweep --on local:2`: real workers of Dask, and a host that ends as the test wants."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pynodes.process import procfs
from pynodes.store.model import Sweep
from pynodes.store.store import Store

if TYPE_CHECKING:
    from tests.cli.conftest import CommandLine, Result

SMALL = ("--size", "64x64", "--progress", "never", "--on", "local:2")


def sweep(cli: CommandLine, *arguments: str) -> Result:
    return cli.run("sweep", "scene.py", *SMALL, *arguments)


def stored(cli: CommandLine) -> Sweep:
    with Store.open(cli.folder / "pynodes.db") as store:
        return store.sweep(store.find("latest"))


def test_cluster_of_this_machine_goes_on_with_its_sweep(cli: CommandLine) -> None:
    alone = cli.run("sweep", "scene.py", *SMALL[:4], "-t", "1,2", "--repeat", "1")
    assert alone.status == 0, alone.err

    result = sweep(cli, "-t", "1,2,3", "--repeat", "2")

    assert result.status == 0, result.err
    assert "2 runs stored already" in result.err
    found = stored(cli)
    assert found.id == 1
    assert {cell.label: [s.round for s in cell.measured] for cell in found.cells} == {
        f"threads {n}": [1, 2] for n in (1, 2, 3)
    }
    assert {sample.wrong_pixels for sample in found.samples} == {0}
    for sample in found.samples:
        assert str(cli.folder / "scene.py") in sample.command


def test_ctrl_c_ends_hosts_of_workers_and_what_came_is_stored(cli: CommandLine) -> None:
    running = cli.host("slow").start(
        "sweep", "scene.py", *SMALL, "-t", "1", "--repeat", "1", "--verbose"
    )
    hosts = wait_for_hosts(running.process.pid)

    running.send(signal.SIGINT)
    result = running.end()

    assert result.status == 130
    assert "stopped; 0 runs of this start are stored" in result.err
    assert "Traceback" not in result.err
    wait_until_gone(hosts, cli.limit_s)


def test_command_that_is_killed_leaves_no_host(cli: CommandLine) -> None:
    running = cli.host("slow").start("sweep", "scene.py", *SMALL, "-t", "1", "--repeat", "1")
    hosts = wait_for_hosts(running.process.pid)

    running.send(signal.SIGKILL)
    running.end()

    wait_until_gone(hosts, cli.limit_s)


def test_missing_extra_is_one_error_with_the_way_to_get_it(cli: CommandLine) -> None:
    hidden = cli.folder / "hidden" / "distributed"
    hidden.mkdir(parents=True)
    (hidden / "__init__.py").write_text("raise ImportError('not there')")
    cli.environ["PYTHONPATH"] = str(hidden.parent)

    result = sweep(cli, "-t", "1")

    assert result.status == 3
    assert "pip install 'pynodes[cluster]'" in result.err
    assert not (cli.folder / "pynodes.db").exists()


def test_scheduler_that_is_not_there_is_one_error(cli: CommandLine) -> None:
    result = cli.run("sweep", "scene.py", *SMALL[:4], "--on", "tcp://127.0.0.1:9", "-t", "1")

    assert result.status == 3
    assert result.err.count("error:") == 1
    assert "no scheduler answers" in result.err
    assert "Traceback" not in result.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--on", "nowhere"), "there is no scheduler file nowhere"),
        (("--on", "local:2", "--tls", "a,b,c"), "there is no file a"),
        (("--tls", "a,b,c"), "--tls is of clusters"),
    ],
)
def test_wrong_cluster_is_refused_before_anything_is_stored(
    cli: CommandLine, words: tuple[str, ...], said: str
) -> None:
    result = cli.run("sweep", "scene.py", *words)

    assert result.status == 2
    assert said in result.err
    assert not (cli.folder / "pynodes.db").exists()


# --- processes ---


def wait_for_hosts(client: int, limit_s: float = 60.0) -> list[int]:
    """The hosts below a command, once there is one."""
    end = time.monotonic() + limit_s
    while time.monotonic() < end:
        below = procfs.children_of(client)
        found = [
            pid for pid in below if "fake_host" in (line := command_of(pid)) and "--out" in line
        ]
        if found:
            return found
        time.sleep(0.02)
    pytest.fail("no host was started")


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return ""


def wait_until_gone(pids: list[int], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while any(map(procfs.is_alive, pids)) and time.monotonic() < end:
        time.sleep(0.02)
    assert not any(map(procfs.is_alive, pids))
