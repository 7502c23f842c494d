"""What a machine is, as far as it decides how fast things are, and how busy it is."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

from pynodes.checksum import sha256

_CPU = Path("/sys/devices/system/cpu")


def machine_facts() -> dict[str, Any]:
    """What stays the same until someone opens the box."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 1,
        "usable_cores": usable_cores(),
        "memory_mib": _memory_mib(),
        "system": platform.system(),
        "arch": platform.machine(),
        "kernel": platform.release(),
        "libc": " ".join(platform.libc_ver()).strip(),
    }


def machine_key(facts: dict[str, Any]) -> str:
    """Equal for machines whose figures may be compared: one name, one processor, one size."""
    parts = (platform.node(), facts["processor"], facts["cores"], facts["arch"])
    found = sha256()
    found.update(repr(parts).encode())
    return found.hexdigest()[:16]


def moment_facts() -> dict[str, Any]:
    """What may change from one moment to the next: load, frequencies, kernel."""
    facts: dict[str, Any] = {
        "usable_cores": usable_cores(),
        "kernel": platform.release(),
        "governor": _text(_CPU / "cpu0/cpufreq/scaling_governor"),
        "turbo": _turbo(),
        "load": None,
    }
    with suppress(OSError, AttributeError):
        facts["load"] = os.getloadavg()[0]
    return facts


def usable_cores() -> int:
    """Cores that this process may use, affinity and cgroups counted, as `-t auto` does."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota = cgroup_cores()
    cores = cores or 1
    return cores if quota is None else max(1, min(cores, int(quota)))


def cgroup_cores(
    proc: Path = Path("/proc/self/cgroup"), root: Path = Path("/sys/fs/cgroup")
) -> float | None:
    """The smallest processor quota from this process's cgroup up to the root; None for none."""
    try:
        lines = proc.read_text().splitlines()
    except OSError:
        return None
    found: list[float] = []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if controllers and "cpu" not in controllers.split(","):
            continue
        base = root / controllers if controllers else root
        folder = base / path.strip("/")
        while True:
            quota = _quota(folder)
            if quota is not None:
                found.append(quota)
            if folder == base or base not in folder.parents:
                break
            folder = folder.parent
    return min(found, default=None)


def _quota(folder: Path) -> float | None:
    """Cores granted by one cgroup folder, of version 2 or 1."""
    try:
        quota, period = (folder / "cpu.max").read_text().split()
    except (OSError, ValueError):
        try:
            quota = (folder / "cpu.cfs_quota_us").read_text().strip()
            period = (folder / "cpu.cfs_period_us").read_text().strip()
        except OSError:
            return None
    if not quota.isdigit() or not period.isdigit() or int(period) == 0:
        return None
    return int(quota) / int(period)


def _processor() -> str:
    for line in (_text(Path("/proc/cpuinfo")) or "").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.processor() or platform.machine()


def _memory_mib() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") >> 20
    except (ValueError, OSError, AttributeError):
        return None


def _turbo() -> str | None:
    boost = _text(_CPU / "cpufreq/boost")
    if boost is not None:
        return "on" if boost == "1" else "off"
    off = _text(_CPU / "intel_pstate/no_turbo")
    return None if off is None else "off" if off == "1" else "on"


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except (OSError, ValueError):
        return None
