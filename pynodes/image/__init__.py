"""Picture files: where they may go, how they are written, what they hold."""
