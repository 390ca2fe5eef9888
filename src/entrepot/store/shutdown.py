"""The end of a server, for those who still look into its store; knows no engine."""

from __future__ import annotations

import threading

from entrepot.core.faults import Unavailable


class Shutdown(threading.Event):
    """Set once nobody shall read any more. Whoever reads much asks every now and then."""

    reason = "the server is ending"

    def check(self) -> None:
        """Nothing, as long as there is no end.

        Raises:
            Unavailable: there is.
        """
        if self.is_set():
            raise Unavailable(self.reason)
