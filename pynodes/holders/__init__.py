"""Who has Python in a program, who waits for it and where: what `pynodes trace` shows."""
