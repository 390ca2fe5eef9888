"""What EnOS's searches have in common: expressions, what matches them, and what of a thing is shown."""
