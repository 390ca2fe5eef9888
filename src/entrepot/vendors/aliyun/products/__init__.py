"""Products and their tags, as Alibaba's calls have them."""
