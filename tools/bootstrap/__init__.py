"""What dev.py, matrix.py and the sanitizers set up with. Standard library only."""
