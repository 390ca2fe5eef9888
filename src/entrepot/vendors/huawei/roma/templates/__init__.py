"""Product templates, as ROMA's calls have them."""
