"""Uses a C library through PyDLL, whose calls stay attached, though it waits for its thread."""

import ctypes
import sys
import time

ticker = ctypes.PyDLL(sys.argv[1])
seen = []
callback = ctypes.CFUNCTYPE(None, ctypes.c_int)(seen.append)


def stop_ticker() -> None:
    ticker.ticker_stop()


ticker.ticker_start(callback)
while ticker.ticker_count() < 10:
    time.sleep(0.001)
stop_ticker()
print(len(seen), "ticks")
