"""What each stored secret is sealed for (`Vault.seal`).

A stored secret opens for the same text alone, so none of these ever changes.
"""

from __future__ import annotations


def access_key(key_id: int) -> str:
    """Returns the context of an access key's secret."""
    return f"key/{key_id}"


def granted_token(key_id: int) -> str:
    """Returns the context of the token that a key was granted last."""
    return f"token/{key_id}"


def own_secret(thing_id: int, dialect: str, slot: str = "") -> str:
    """Returns the context of the secret of a product, a space or a device in one dialect.

    `slot` tells several secrets of one thing apart.
    """
    return f"secret/{thing_id}/{dialect}{slot}"
