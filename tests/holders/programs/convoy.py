"""A thread computes; another one exchanges bytes with a third that answers from C's side."""

import os
import threading
import time

END = time.monotonic() + 2.0


def compute() -> None:
    while time.monotonic() < END:
        sum(i * i for i in range(1000))


def exchange() -> None:
    ours, theirs = os.pipe()
    while time.monotonic() < END:
        os.write(theirs, b"x")
        os.read(ours, 1)


threads = [threading.Thread(target=compute), threading.Thread(target=exchange)]
for each in threads:
    each.start()
for each in threads:
    each.join()
