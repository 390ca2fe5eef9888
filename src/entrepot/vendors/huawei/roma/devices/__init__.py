"""Devices, as ROMA's calls have them."""
