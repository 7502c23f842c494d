"""What is asked for, what the host sends and what a render gave: plain data, no printing."""
