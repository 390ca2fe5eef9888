"""Thing models and categories, as Alibaba's calls have them."""
