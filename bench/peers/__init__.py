"""What Entrepot is measured beside: its own HTTP limit and other local registries."""
