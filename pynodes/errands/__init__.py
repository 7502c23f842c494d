"""Work as values, and the places where it is done: here, or on machines of a cluster."""
