"""Programs that write what they like where the witness takes its notes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from diagnosing import Begin

pytestmark = pytest.mark.usefixtures("has_collector")

# What a program needs to write to the page by the names of layout.h.
HEAD = """
import os, signal, struct, sys, time
page = open(os.environ["PYNODES_WITNESS"], "r+b", buffering=0)
lines = page.read(8192).split(b"\\0")[0].decode().splitlines()
rows = [line.split() for line in lines]
at = {row[2]: int(row[4]) for row in rows if row[:2] == ["field", "page"]}
of = {row[2]: int(row[4]) for row in rows if row[:2] == ["field", "incident"]}
one = {row[2]: int(row[4]) for row in rows if row[:2] == ["field", "process"]}
size = {row[1]: int(row[2]) for row in rows if row[0] == "struct"}
def put(where, value, form="=I"):
    page.seek(where)
    page.write(struct.pack(form, value))
def crash_of(pid):
    record = at["processes"] + 1023 * size["process"]
    for name, value in (("signal", 11), ("pid", pid), ("tid", pid), ("crash", 1)):
        put(record + one[name], value)
    put(at["crashes"], 1)
    end = time.monotonic() + 20
    while time.monotonic() < end:
        page.seek(record + one["crash"])
        if struct.unpack("=I", page.read(4))[0] != 1:
            break
        time.sleep(0.01)
def incident_of(pid):
    for name, value in (("pid", pid), ("tid", pid), ("times", 1), ("kind", 1)):
        put(at["incidents"] + of[name], value)
    put(at["taken"], 1)
"""


def run(begin: Begin, what: str, *arguments: str, **environ: str):  # type: ignore[no-untyped-def]
    code = HEAD + what
    return begin(*arguments, "--", sys.executable, "-c", code, **environ).result()


@pytest.mark.parametrize(
    "what",
    [
        "try: os.truncate(os.environ['PYNODES_WITNESS'], 0)\nexcept OSError: sys.exit(7)",
        "page.seek(8192); page.write(b'\\xff' * (size['page'] - 8192)); sys.exit(7)",
        "page.seek(0); page.write(b'\\xff' * size['page']); sys.exit(7)",
        "page.seek(0); page.write(b'\\0' * size['page']); sys.exit(7)",
        "page.seek(0); page.write(os.urandom(size['page'])); sys.exit(7)",
        "put(at['taken'], 2**32 - 1); put(at['question'], 2**32 - 1); sys.exit(7)",
    ],
    ids=["cut", "ones", "all ones", "zeros", "noise", "counts"],
)
@pytest.mark.parametrize("gdb", ["gdb", "/nope"])
def test_program_ends_as_it_would_whatever_it_writes(begin: Begin, what: str, gdb: str) -> None:
    said = run(begin, what, "--limit", "20", PYNODES_GDB=gdb)
    assert said.report["status"] == 7, said
    assert "Traceback" not in said.err


@pytest.mark.parametrize("pid", ["2**32 - 1", "2**31", "0", "1", "os.getppid()", str(os.getpid())])
def test_crash_of_a_process_that_is_not_the_programs_is_not_looked_at(
    begin: Begin, pid: str
) -> None:
    said = run(begin, f"crash_of({pid})\nsys.exit(7)", "--limit", "20")
    assert said.report["verdict_text"] == "ended by itself with status 7", said
    assert not said.findings
    lost = [loss["why"] for loss in said.report["lost"]]
    assert "the program has no such process" in lost, said


@pytest.mark.parametrize("pid", ["2**32 - 1", "1", "os.getppid()"])
def test_incident_of_a_process_that_is_not_the_programs_is_left_out(begin: Begin, pid: str) -> None:
    said = run(begin, f"incident_of({pid})\nsys.exit(7)", "--limit", "20")
    assert said.report["status"] == 7, said
    assert not said.findings


def test_files_that_block_or_have_no_end_are_not_read(begin: Begin, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    maps = f"1000-2000 r-xp 00000000 00:01 1 {tmp_path}/fifo\\n3000-4000 r-xp 0 0:1 1 /dev/zero"
    what = f"""
text = {maps.encode()!r}.replace(b"\\\\n", b"\\n")
of_maps = {{row[2]: int(row[4]) for row in rows if row[:2] == ["field", "maps"]}}
put(at["maps"] + of_maps["pid"], os.getpid())
put(at["maps"] + of_maps["size"], len(text))
page.seek(at["maps"] + of_maps["text"]); page.write(text)
put(at["incidents"] + of["n_stack"], 2)
put(at["incidents"] + of["stack"], 0x1800, "=Q")
put(at["incidents"] + of["stack"] + 8, 0x3800, "=Q")
incident_of(os.getpid())
sys.exit(7)
"""
    said = run(begin, what, "--limit", "20")
    assert said.report["status"] == 7, said
