"""Devices, as EnOS's calls have them."""
