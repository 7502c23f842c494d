"""What `pynodes doctor` finds out by trying: see docs/command-line.md."""
