"""Applications, as ROMA's calls have them."""
