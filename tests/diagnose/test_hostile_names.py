"""A program, its threads and functions with any name: the report is text in every form."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as Xml

import hostile
import pytest
from terminal import on_terminal, raw_bytes

from pynodes.cli.diagnosed import FORMATS

pytestmark = pytest.mark.usefixtures("has_collector")

ODD = hostile.MARKUP + hostile.TERMINAL + hostile.LOG + hostile.BYTES.replace("\udcff", "\udcfe")
# A thread with an odd name waits for a lock for ever, in a function of an odd name.
STUCK = r"""
import ctypes, os, threading
os.write(2, b"\x1b]0;P\x07 \xff \x9b31m\n")
def wait():
    ctypes.CDLL(None).prctl(15, b"\x1b]0;P\x07\xff\x9b<b>\n::")
    lock.acquire()
wait.__code__ = wait.__code__.replace(co_name="wait\x1b[2J", co_filename="\x9b<b>\x07")
lock = threading.Lock()
lock.acquire()
thread = threading.Thread(target=wait)
thread.start()
thread.join()
"""


@pytest.mark.parametrize(
    ("form", "gdb"),
    [("text", "gdb"), ("json", "gdb"), *((form, "/nope") for form in FORMATS)],
)
def test_names_of_a_program_are_text_in_every_form(
    tmp_path: Path, gdb: str, form: str, scaled: Callable[[float], float]
) -> None:
    program = tmp_path / f"p{hostile.TERMINAL}\udcfe.py"
    program.write_text(STUCK)
    options = ["--limit", str(scaled(4)), "--junit", "j.xml"]
    options += ["--format", form]
    options += ["--python-stacks", "--color", "always"] if form == "text" else []
    command = [sys.executable, "-m", "pynodes", "diagnose", *options, "--", sys.executable]
    command += [str(program), ODD, hostile.LONG]

    status, got = on_terminal(command, tmp_path, {**os.environ, "PYNODES_GDB": gdb}, scaled(60))

    assert raw_bytes(got) == []
    assert status in (1, 5)
    (case,) = Xml.parse(tmp_path / "j.xml").getroot()
    assert r"\033]0;P\007" in case.attrib["name"]
    if form == "json":
        report = json.loads(got[got.index(b"{\r\n") : got.index(b"\r\n}\r\n") + 3])
        json.dumps(report, ensure_ascii=False).encode()
        assert report["command"][2] == ODD.replace("\udcfe", r"\xfe").replace("\udc80", r"\x80")
        assert report["collector"].startswith("gdb") is (gdb == "gdb")
    elif form == "text":
        assert rb"\x1b]0;P\x07" in got
