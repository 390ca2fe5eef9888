"""Thing models, as EnOS's calls have them."""
