"""Known mistakes with CPython's C API: what there are, run them, compare with what is expected."""
