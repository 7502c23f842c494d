"""What the functions of the C API ask of their callers, as one list."""
