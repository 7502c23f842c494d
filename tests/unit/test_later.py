"""Modules that stand for others until something of these is asked for."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pynodes.checksum import sha256
from pynodes.cli.later import NAMES


def said_by(code: str) -> list[str]:
    begin = "import sys; from pynodes.cli.later import load_later; load_later()"
    command = [sys.executable, "-c", f"{begin}\n{code}"]
    return subprocess.run(
        command, capture_output=True, text=True, timeout=60, check=True
    ).stdout.splitlines()


@pytest.mark.parametrize("name", NAMES)
def test_module_is_loaded_with_its_first_use(name: str) -> None:
    out = said_by(f"""
import {name}
print(getattr(sys.modules[{name!r}], "__spec__", None) is None)
{name}.__file__
print(sys.modules[{name!r}].__spec__.name, sys.modules[{name!r}] is {name})
""")

    assert out == ["True", f"{name} False"]


def test_name_is_imported_from_a_module_that_stands_for_another() -> None:
    out = said_by("""
from inspect import cleandoc
import inspect
print(cleandoc("  a"), inspect.cleandoc is cleandoc)
""")

    assert out == ["a True"]


def test_what_a_module_does_not_have_is_an_attribute_error() -> None:
    out = said_by("""
import inspect
print(hasattr(inspect, "no_such_thing"), hasattr(inspect, "cleandoc"))
""")

    assert out == ["False True"]


def test_threads_that_use_a_module_at_once_get_one_module() -> None:
    out = said_by("""
import inspect, threading
gate, found = threading.Barrier(8), []
def use():
    gate.wait()
    found.append(inspect.Signature)
threads = [threading.Thread(target=use) for _ in range(8)]
for each in threads: each.start()
for each in threads: each.join()
print(len(found), len(set(found)), sys.modules["inspect"].Signature is found[0])
""")

    assert out == ["8 1 True"]


def test_module_that_was_loaded_before_stays() -> None:
    out = said_by("""
from inspect import cleandoc
loaded = sys.modules["inspect"]
load_later()
print(sys.modules["inspect"] is loaded, loaded.cleandoc is cleandoc)
""")

    assert out == ["True True"]


@pytest.mark.parametrize("size", [0, 10_000_000])
def test_checksum_is_that_of_hashlib(size: int) -> None:
    import hashlib

    found = sha256(size)
    found.update(b"pynodes")
    assert found.hexdigest() == hashlib.sha256(b"pynodes").hexdigest()
