"""Machines of a Dask cluster as a place for errands. `distributed` is imported in this folder only,
and when it is used."""
