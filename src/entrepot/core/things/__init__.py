"""The things that the store keeps, as plain values."""
