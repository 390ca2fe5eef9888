"""Entrepot: a self-hosted IoT product and device registry that speaks four vendors' APIs."""

__version__ = "0.1.0"
