"""How inputs are damaged: bytes anywhere, and values of a text that are put in place of others."""

from __future__ import annotations

import re
from random import Random

# Numbers that a reader may compute with before it looks at them.
ODD_NUMBERS = (
    *("0", "-1", "1e999", "-1e999", "NaN", "Infinity", "-Infinity", "1e18", "1e308", "1e-320"),
    *("4294967295", "9223372036854775807", "9223372036854775808", "18446744073709551616"),
    *("-9223372036854775809", "9" * 400, "9" * 5000, "0.1", "-0.0", "1.5e-7", "2147483648"),
)
# Texts and things that stand where others are expected.
ODD_TEXTS = (
    *('""', '"x"', '"\\u0000"', '"\\ud800"', '"\\u001b[31m"', '"\\u202e"', '"/"', '"../../.."'),
    *("null", "true", "false", "[]", "{}", "[[]]", '[{"a":[1,{}]}]', '{"":""}', '"\ufffe"'),
)
_WHOLE_LONG = ("[" * 20_000, '{"a":' * 20_000, '"' + "x" * 300_000 + '"', "[" * 60 + "]" * 60)
_VALUE = re.compile(rb'-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|"(?:[^"\\]|\\.)*"|true|false|null')


def damaged(data: bytes, dice: Random) -> bytes:
    """One to four damages: to values as often as to bytes."""
    for _ in range(dice.choice((1, 1, 2, 4))):
        data = dice.choice((odd_value, odd_value, odd_bytes))(data, dice)
    return data


def odd_value(data: bytes, dice: Random) -> bytes:
    """A number, text or word of the input makes room for an odd one."""
    found = list(_VALUE.finditer(data))
    if not found:
        return odd_bytes(data, dice)
    at = dice.choice(found)
    many = (ODD_NUMBERS, ODD_NUMBERS, ODD_TEXTS, ODD_TEXTS, _WHOLE_LONG)
    return data[: at.start()] + dice.choice(dice.choice(many)).encode() + data[at.end() :]


def odd_bytes(data: bytes, dice: Random) -> bytes:
    """Bytes are changed, cut out, doubled, or the end is missing."""
    if not data:
        return dice.randbytes(16)
    at = dice.randrange(len(data))
    length = dice.choice((1, 1, 2, 4, 8, 64, 1024))
    match dice.randrange(6):
        case 0:
            return data[:at] + dice.randbytes(length) + data[at + length :]
        case 1:
            return data[:at] + data[at + length :]
        case 2:
            return data[: at + length] + data[at:]
        case 3:
            return data[:at]
        case 4:
            flipped = data[at] ^ (1 << dice.randrange(8))
            return data[:at] + bytes((flipped,)) + data[at + 1 :]
        case _:
            edge = dice.choice((0, 1, 0x7F, 0x80, 0xFF))
            return data[:at] + bytes((edge,)) * length + data[at + length :]
