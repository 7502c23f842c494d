"""Finding the host program, running it, and naming what came of it."""
