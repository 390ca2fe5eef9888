"""The spokes: one folder a company, none imports another."""
