"""Devices, as IoTDA's calls have them."""
