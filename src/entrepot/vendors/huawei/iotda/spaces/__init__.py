"""Resource spaces, as IoTDA's calls have them."""
