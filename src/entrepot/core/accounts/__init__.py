"""The use cases of tenants, users and keys."""
