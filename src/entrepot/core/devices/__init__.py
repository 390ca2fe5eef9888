"""The use cases of devices."""
