"""Programs that run: what /proc shows of them, starting and ending them, what they leave."""
