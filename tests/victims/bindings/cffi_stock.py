"""Builds stock.c into the module cffi_stock, with cffi: it detaches for each call."""

import sys

import cffi

folder, flags = sys.argv[1], sys.argv[2:]
ffi = cffi.FFI()
ffi.cdef("int tally(int items); int total(int items);")
ffi.set_source(
    "cffi_stock",
    "int tally(int items); int total(int items);",
    sources=[f"{folder}/stock.c"],
    extra_compile_args=["-g", "-O1"],
)
ffi.compile()
