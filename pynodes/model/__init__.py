"""Jobs, events, records, figures: plain data, no processes, no printing."""
