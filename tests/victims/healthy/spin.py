"""Never ends, in a function of its own; a second thread does a little now and then."""

import threading
import time


def tick() -> None:
    while True:
        time.sleep(0.01)


def spin() -> None:
    n = 0
    while True:
        n += 1


threading.Thread(target=tick, daemon=True).start()
spin()
