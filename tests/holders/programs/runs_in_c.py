"""A thread is in one long C call after the other, which never lets go; another one computes."""

import threading
import time

END = time.monotonic() + 1.5


def crunch() -> None:
    numbers = [(i * 7919) % 1_000_003 for i in range(200_000)]
    while time.monotonic() < END:
        sorted(numbers)


def compute() -> None:
    while time.monotonic() < END:
        sum(i * i for i in range(100))


threads = [threading.Thread(target=crunch), threading.Thread(target=compute)]
for each in threads:
    each.start()
for each in threads:
    each.join()
