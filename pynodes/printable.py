r"""What others wrote, made fit to be shown: every output of the package goes through here, once.

Names, paths, arguments and messages come from scenes, programs, threads, databases and other
machines. In them may stand what a terminal obeys, what no encoding holds, or what makes a text look
like another. Each such character becomes an escape that can be seen: `\x1b`, `\r`, `\u202e`, and
`\x80` for a byte of a path or an argument that is not UTF-8. Escaped are

- C0, DEL and C1, for terminals obey them, and XML has no place for most;
- surrogates and noncharacters, such as U+FFFE: no UTF-8 and no XML has them;
- the line separators U+2028 and U+2029, so that a line stays a line;
- bidi controls, which show what follows in another order than it is in;
- what cannot be seen: soft hyphen, zero-width space, word joiner, byte order mark, tags. Two
  different names must not look the same. U+200C and U+200D stay: words and emoji need them.

A backslash is left as it is. What was made printable once stays as it is when it is made so again.
What a form of output needs beyond that, quotes or tags, its module adds.
"""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Iterable

_HIDDEN = (
    "\x7f-\x9f\xad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\ufdd0-\ufdef\U000e0000-\U000e007f"
    + "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
)
# Patterns are compiled by `re` at the first text that needs them.
_IN_LINE = f"[\0-\x1f{_HIDDEN}]"
_IN_TEXT = f"[\0-\x08\x0b-\x1f{_HIDDEN}]"
_SURROGATE = "[\ud800-\udfff]"
_SHORT = {"\n": r"\n", "\t": r"\t", "\r": r"\r"}
# What the logs of GitHub, Azure and TeamCity take for a command: `::error::`, `##[`, `##vso[`.
_COMMAND = r"(?m)^(\s*):(?=:)|#(?=#\w*\[)"


def line(said: str) -> str:
    """One line: line breaks and tabs are escaped as well."""
    return said if said.isprintable() else re.sub(_IN_LINE, _escape, said)


def text(said: str) -> str:
    """Several lines: line feeds and tabs stay."""
    is_plain = said.replace("\n", " ").replace("\t", " ").isprintable()
    return said if is_plain else re.sub(_IN_TEXT, _escape, said)


def shortened(said: str) -> str:
    """Words of more letters than a path has show their beginning and their end."""
    return re.sub(r"\S{500,}", lambda word: f"{word[0][:100]}...{word[0][-20:]}", said)


class Stream:
    """What a program prints, piece by piece, as text for a terminal: its lines, and no more."""

    def __init__(self) -> None:
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def text(self, data: bytes, is_last: bool = False) -> str:
        """The next piece; half a character at its end waits for the other half."""
        said = self._decoder.decode(data, is_last)
        return text(said.replace("\r\n", "\n").replace("\r", "\n"))


def encodable(said: str) -> str:
    """Every character but those that no UTF-8 has: for JSON, which has escapes of its own."""
    return said if said.isascii() else re.sub(_SURROGATE, _escape, said)


def logged(said: str) -> str:
    """Printable text, for a log whose reader may be a CI: nothing in it is a command to that."""
    return re.sub(_COMMAND, _defused, said) if "::" in said or "##" in said else said


def command(words: Iterable[str | os.PathLike[str]]) -> str:
    """A command line that can be pasted into a shell and gives those very words.

    A word that is not printable is quoted as `$'...'` (bash, zsh, ksh), byte by byte where it has
    to be. Words are arguments or paths of this system.
    """
    return " ".join(_word(os.fspath(word)) for word in words)


def _word(word: str) -> str:
    if line(word) == word:
        import shlex

        return shlex.quote(word)
    quoted = word.replace("\\", r"\\").replace("'", r"\'")
    return f"$'{re.sub(_IN_LINE, _octal, quoted)}'"


def _octal(found: re.Match[str]) -> str:
    """Three digits a byte, as every shell reads them."""
    return "".join(f"\\{byte:03o}" for byte in found[0].encode("utf-8", "surrogateescape"))


def _escape(found: re.Match[str]) -> str:
    sign = found[0]
    code = ord(sign)
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte that is not UTF-8
        code -= 0xDC00
    if code < 0x100:
        return _SHORT.get(sign, f"\\x{code:02x}")
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _defused(found: re.Match[str]) -> str:
    return r"\x23" if found[0] == "#" else rf"{found[1]}\x3a"
