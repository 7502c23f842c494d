"""Stored sweeps for other programs and other papers: one format a file, each a stream of text."""
