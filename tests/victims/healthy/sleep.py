"""Sleeps for long."""

import time


def doze() -> None:
    time.sleep(30)


doze()
