"""Reads where nothing is, attached, through ctypes: a crash, and no fault of attaching."""

import ctypes

print(ctypes.PyDLL(None).strlen(ctypes.c_void_p(64)))
