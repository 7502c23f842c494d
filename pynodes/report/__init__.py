"""The report of stored sweeps: figures, words, plots, and one HTML page that needs nothing else."""
