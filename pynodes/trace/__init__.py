"""Timelines: read what the host traced, check it, write it for a viewer, draw it."""
