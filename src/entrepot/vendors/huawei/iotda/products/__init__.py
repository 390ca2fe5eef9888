"""Products, as IoTDA's calls have them."""
