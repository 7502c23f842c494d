"""Results that stay: one SQLite file a project folder, read and written here alone."""
