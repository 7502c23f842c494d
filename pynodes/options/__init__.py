"""Options, written once: kinds of values, one row an option, what does not go together."""
