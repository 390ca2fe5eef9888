"""TLS for the listener: a certificate and its key, read again when told to; knows no connection."""

from __future__ import annotations

import logging
import ssl
from pathlib import Path

log = logging.getLogger("entrepot.server")


class Certificate:
    """A server's certificate with its key, in files that may be replaced while it serves."""

    def __init__(self, chain: Path, key: Path) -> None:
        """Read both files.

        Raises:
            ValueError: they cannot be read, or do not belong together; says why.
        """
        self._chain, self._key = chain, key
        self.context = self._loaded()

    def _loaded(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.options |= ssl.OP_NO_RENEGOTIATION  # work for us at the price of a few bytes
        context.set_alpn_protocols(["http/1.1"])
        self._load_into(context)
        return context

    def _load_into(self, context: ssl.SSLContext) -> None:
        try:
            # No prompt for a passphrase: nobody sits there.
            context.load_cert_chain(self._chain, self._key, password=lambda: "")
        except (OSError, ssl.SSLError) as error:
            reason = getattr(error, "reason", None) or error.strerror or str(error)
            raise ValueError(
                f"cannot use the certificate {self._chain} with the key {self._key}: {reason}"
            ) from None

    def reload(self) -> None:
        """Read the files again, for connections from now on; what cannot be used changes nothing."""
        try:
            self._loaded()  # first apart from the one that is in use
            self._load_into(self.context)
        except ValueError as error:
            log.error("the certificate stays as it was: %s", error)
        else:
            log.info("the certificate was read anew")
