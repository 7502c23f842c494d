"""A thread calls a C function that sleeps, by PyDLL, which keeps the GIL; another one computes."""

import ctypes
import threading
import time

usleep = ctypes.PyDLL(None).usleep


def device() -> None:
    for _ in range(60):
        usleep(20_000)
        time.sleep(0.0005)


def compute(stop: threading.Event) -> None:
    while not stop.is_set():
        sum(i * i for i in range(100))


over = threading.Event()
worker = threading.Thread(target=compute, args=(over,))
worker.start()
device()
over.set()
worker.join()
