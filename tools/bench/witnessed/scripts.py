"""What libraries take that attach, detach and call back, in seconds of processor time.

scripts.py NAME prints one line `NAME SECONDS`, or `NAME -` where the library is not there.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from io import BytesIO


def sqlite3() -> Callable[[], object]:
    """A function in Python, called by SQLite for each row."""
    import sqlite3 as library

    base = library.connect(":memory:")
    base.create_function("twice", 1, lambda value: value * 2)
    base.execute("create table numbers (value integer)")
    base.executemany("insert into numbers values (?)", ((i,) for i in range(1000)))
    ask = "select sum(twice(value)) from numbers"
    return lambda: [base.execute(ask).fetchall() for _ in range(300)]


def lxml() -> Callable[[], object]:
    """A document that is parsed with a target in Python, and asked by XPath with a function."""
    etree = importlib.import_module("lxml.etree")

    document = b"<all>" + b"".join(b"<one at='%d'>text</one>" % i for i in range(2000)) + b"</all>"

    class Target:
        def __init__(self) -> None:
            self.count = 0

        def start(self, tag: str, attributes: object) -> None:
            self.count += 1

        def end(self, tag: str) -> None:
            self.count += 1

        def data(self, text: str) -> None:
            self.count += len(text)

        def close(self) -> int:
            return self.count

    spaces = etree.FunctionNamespace("urn:bench")
    spaces["is_even"] = lambda context, nodes: int(nodes[0]) % 2 == 0
    tree = etree.parse(BytesIO(document))
    even = etree.XPath("count(//one[b:is_even(@at)])", namespaces={"b": "urn:bench"})

    def all_of_it() -> None:
        for _ in range(8):
            etree.parse(BytesIO(document), etree.XMLParser(target=Target()))
            even(tree)

    return all_of_it


def numpy() -> Callable[[], object]:
    """Arrays of a size at which a call takes some ten microseconds, as most do."""
    import numpy as np

    a = np.arange(9000, dtype=np.float64).reshape(3, 3000)

    def all_of_it() -> float:
        total = 0.0
        for i in range(8000):
            b = a * 0.5 + i
            c = np.sqrt(b.clip(0.0)).sum(axis=1)
            total += float(c @ c) + float(np.linalg.norm(c))
        return total

    return all_of_it


def pybind11() -> Callable[[], object]:
    """A bound function that detaches, and one that calls back, in a loop."""
    module = importlib.import_module("pybind11_loop")

    def all_of_it() -> None:
        for i in range(300000):
            module.add(i, 1)
        for i in range(100000):
            module.detached(i)
        for _ in range(30):
            module.each(1000, int)

    return all_of_it


def main() -> None:
    name = sys.argv[1]
    try:
        work = globals()[name]()
    except ImportError:
        print(name, "-")
        return
    work()
    began = time.process_time()
    work()
    print(name, f"{time.process_time() - began:.9f}")


if __name__ == "__main__":
    main()
