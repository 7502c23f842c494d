"""The doctor reads processor quotas as the kernel means them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pynodes.machine import cgroup_cores


def quota(folder: Path, text: str, name: str = "cpu.max") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text)


@pytest.fixture
def proc(tmp_path: Path) -> Path:
    path = tmp_path / "cgroup"
    path.write_text("0::/user/app\n")
    return path


def test_quota_is_the_smallest_on_the_way_up(tmp_path: Path, proc: Path) -> None:
    quota(tmp_path / "fs/user/app", "max 100000\n")
    quota(tmp_path / "fs/user", "150000 100000\n")
    quota(tmp_path / "fs", "400000 100000\n")

    assert cgroup_cores(proc, tmp_path / "fs") == 1.5


def test_no_quota_is_none(tmp_path: Path, proc: Path) -> None:
    quota(tmp_path / "fs/user/app", "max 100000\n")

    assert cgroup_cores(proc, tmp_path / "fs") is None
    assert cgroup_cores(tmp_path / "none", tmp_path / "fs") is None


def test_quota_of_the_old_kind_is_read(tmp_path: Path, proc: Path) -> None:
    proc.write_text("5:memory:/a\n4:cpu,cpuacct:/a\n")
    quota(tmp_path / "fs/cpu,cpuacct/a", "50000\n", "cpu.cfs_quota_us")
    quota(tmp_path / "fs/cpu,cpuacct/a", "100000\n", "cpu.cfs_period_us")

    assert cgroup_cores(proc, tmp_path / "fs") == 0.5
