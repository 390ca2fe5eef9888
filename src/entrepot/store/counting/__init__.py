"""Calls and nonces that several processes count together, in SQLite, PostgreSQL or Redis."""
