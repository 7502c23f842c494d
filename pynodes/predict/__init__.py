"""What more cores would bring: stored sweeps, played on cores that are not here.

`measured` takes from a sweep what a frame costs, `work` cuts it into tiles as the host does, `crew`
plays threads, cores and GILs event by event, `forecast` puts it together and checks it against what
was measured.
"""
