"""What is printed holds nothing that a terminal obeys, no encoding has or nobody can see."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
import unicodedata
from xml.etree import ElementTree as Xml

import pytest

from pynodes import printable
from pynodes.words import json_text

EVERY_CHARACTER = "".join(map(chr, range(sys.maxunicode + 1)))
JOINERS = {"\u200c", "\u200d"}


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("plain", "plain"),
        ("Größe, 名前, שם, 👩\u200d🚀", "Größe, 名前, שם, 👩\u200d🚀"),
        ("C:\\new", "C:\\new"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("\x9b2J", r"\x9b2J"),
        ("a\rb\nc\td", r"a\rb\nc\td"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("gpj.\u202etxt", r"gpj.\u202etxt"),
        ("two\u2028lines\x85here", r"two\u2028lines\x85here"),
        ("\ufffe\uffff\U0001ffff", r"\ufffe\uffff\U0001ffff"),
        ("ad\u200bmin\u00ad\ufeff", r"ad\u200bmin\xad\ufeff"),
    ],
)
def test_a_line_has_visible_escapes(said: str, shown: str) -> None:
    assert printable.line(said) == shown


def test_a_text_keeps_its_lines_and_tabs() -> None:
    assert printable.text("a\n\tb\r\x1b") == "a\n\tb\\r\\x1b"


def test_every_character_is_harmless_afterwards() -> None:
    shown = printable.line(EVERY_CHARACTER)
    shown.encode()
    left = [sign for sign in set(shown) if not sign.isprintable()]
    assert not {unicodedata.category(sign) for sign in left} & {"Cc", "Cs", "Zl", "Zp"}
    reordering = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}
    assert not {unicodedata.bidirectional(sign) for sign in left} & reordering
    assert {sign for sign in shown if sign in "\ufeff\u200b\u200e\u200f\u2060\ufffe\ufdd0"} == set()
    assert set(shown) >= JOINERS


def test_what_is_shown_as_it_is_is_most_of_all() -> None:
    kept = [sign for sign in EVERY_CHARACTER if printable.line(sign) == sign]
    assert len(kept) > 0x110000 - 0x800 - 500


def test_printable_text_is_not_escaped_again() -> None:
    once = printable.text(EVERY_CHARACTER)
    assert printable.text(once) == once


def test_any_text_is_well_formed_xml() -> None:
    element = Xml.Element("all", name=printable.line(EVERY_CHARACTER))
    element.text = printable.text(EVERY_CHARACTER)
    again = Xml.fromstring(Xml.tostring(element, encoding="unicode"))
    assert again.text == element.text
    assert again.get("name") == element.get("name")


def test_json_of_any_text_is_ascii_and_keeps_what_json_has() -> None:
    said = json_text({EVERY_CHARACTER: [EVERY_CHARACTER, float("nan")]})
    assert said.replace("\n", "").isascii()
    assert said.replace("\n", "").isprintable()
    [(key, (value, number))] = json.loads(said).items()
    assert key == value == printable.encodable(EVERY_CHARACTER)
    assert value.startswith("\0\x01\x02")
    assert number == "nan"
    value.encode()


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("::error file=a::b", r"\x3a:error file=a::b"),
        ("one\n   ::stop-commands::x", "one\n   \\x3a:stop-commands::x"),
        ("a ##[group]b ##vso[task]", r"a \x23#[group]b \x23#vso[task]"),
        ("std::vector ## head", "std::vector ## head"),
    ],
)
def test_a_log_line_is_no_command_of_a_ci(said: str, shown: str) -> None:
    assert printable.logged(said) == shown


WORDS = [
    "plain",
    "two words",
    "it's",
    "$(reboot) `reboot` \\",
    "\x1b]0;P\x07",
    "a\nb\tc\rd",
    "it's\x1b7 \\",
    os.fsdecode(b"caf\xe9\xff1"),
    "gpj.\u202e1",
    "\x7f\x9b1\ufffe",
    "Größe",
    "",
]


def test_words_longer_than_a_path_show_both_ends() -> None:
    shown = printable.shortened(f"there is no '{'x' * 5000}.py' in {'y' * 300}")

    assert shown == f"there is no '{'x' * 99}...{'x' * 16}.py' in {'y' * 300}"


def test_a_command_of_plain_words_is_quoted_as_ever() -> None:
    assert printable.command(WORDS[:4]) == shlex.join(WORDS[:4])


@pytest.mark.parametrize("shell", ["bash", "zsh", "ksh"])
def test_a_command_can_be_pasted(shell: str) -> None:
    if shutil.which(shell) is None:
        pytest.skip(f"needs {shell}")
    line = printable.command(WORDS)
    assert printable.line(line) == line
    done = subprocess.run(
        [shell, "-c", f"printf '%s\\0' {line}"], capture_output=True, check=True, timeout=20
    )
    assert done.stdout.split(b"\0")[:-1] == [os.fsencode(word) for word in WORDS]


def test_a_stream_in_pieces_is_the_text_in_one() -> None:
    data = "é\x1b[2J\t名\r\na\rb\n".encode() + b"\xff\xc3"
    whole = printable.Stream().text(data, is_last=True)
    stream = printable.Stream()
    pieces = [stream.text(bytes([byte])) for byte in data]

    assert whole == "é\\x1b[2J\t名\na\nb\n\\xff\\xc3"
    assert "".join(pieces).replace("\n\n", "\n") + stream.text(b"", is_last=True) == whole
