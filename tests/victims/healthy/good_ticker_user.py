"""The ticker of ../broken through CDLL, whose calls detach."""

import ctypes
import sys
import time

ticker = ctypes.CDLL(sys.argv[1])
seen = []
callback = ctypes.CFUNCTYPE(None, ctypes.c_int)(seen.append)
ticker.ticker_start(callback)
while ticker.ticker_count() < 10:
    time.sleep(0.001)
ticker.ticker_stop()
