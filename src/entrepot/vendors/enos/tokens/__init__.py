"""The token service, and the keys that EnOS requests are signed and sealed with."""
