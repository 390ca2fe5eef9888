"""Products and their topics, as ROMA's calls have them."""
