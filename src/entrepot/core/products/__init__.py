"""The use cases of products and of what belongs to them: models, spaces, templates, topics."""
