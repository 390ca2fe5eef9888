"""Services, commands and properties of products and templates, as ROMA's calls have them."""
