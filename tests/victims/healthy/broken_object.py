"""Overwrites an object's type by hand: the crash is deep inside CPython, properly attached."""

import ctypes


def spoil(victim: object) -> None:
    ctypes.memset(id(victim) + 8, 0x42, 8)
    repr(victim)


spoil(object())
