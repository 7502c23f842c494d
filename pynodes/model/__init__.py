"""What is asked for, what is told and what came of it: plain data, no processes, no printing."""
