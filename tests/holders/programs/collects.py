"""A thread makes cycles in a large heap and collects; another one computes."""

import gc
import threading
import time

END = time.monotonic() + 2.0
kept = [[i] for i in range(400_000)]


def make() -> None:
    while time.monotonic() < END:
        for _ in range(1000):
            loop: list[object] = []
            loop.append(loop)
        gc.collect()


def compute() -> None:
    while time.monotonic() < END:
        sum(i * i for i in range(100))


threads = [threading.Thread(target=make), threading.Thread(target=compute)]
for each in threads:
    each.start()
for each in threads:
    each.join()
