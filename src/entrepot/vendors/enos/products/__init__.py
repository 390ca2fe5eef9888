"""Products, as EnOS's calls have them."""
