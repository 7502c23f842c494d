"""Replays: lists of events (TOML) that a host plays on its main thread."""
