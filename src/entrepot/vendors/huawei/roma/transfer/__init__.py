"""Products as CSV files: export and import."""
