"""Devices, as Alibaba's calls have them."""
