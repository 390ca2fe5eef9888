"""Who called, where a proxy stands between: what it says is believed of the proxies that are named."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec.structs import replace

from entrepot.dialect.request import Request

_FOR, _PROTO = b"x-forwarded-for", b"x-forwarded-proto"
_SCHEMES = {b"http": "http", b"https": "https"}


class Proxies:
    """The networks whose hosts are believed; of anybody else the headers say nothing."""

    def __init__(self, networks: str) -> None:
        """From addresses and networks with commas between them.

        Raises:
            ValueError: one of them is neither.
        """
        words = [word for word in networks.replace(",", " ").split() if word]
        self._networks: list[IPv4Network | IPv6Network] = [ip_network(word) for word in words]
        self.trusts = lru_cache(maxsize=1024)(self._believed)

    def seen(self, request: Request) -> Request:
        """The request with the caller's own address and scheme, where a believed proxy gives them."""
        if not self.trusts(request.peer):
            return request
        # Of a header that came twice only the first is kept, and that one the caller may have sent.
        doubtful = request.repeated
        peer, scheme = request.peer, ""
        if _FOR not in doubtful:
            peer = self._first_stranger(request.header(_FOR)) or peer
        if _PROTO not in doubtful:
            scheme = _SCHEMES.get(request.header(_PROTO).strip().lower(), "")
        return replace(request, peer=peer, scheme=scheme)

    def _first_stranger(self, chain: bytes) -> str:
        """The last address in the chain that is not a proxy's: whatever is before it may be made up."""
        found = ""
        for step in reversed(chain.decode("latin-1").split(",")):
            address = _address(step.strip())
            if address is None:
                break
            found = str(address)
            if not self._within(address):
                break
        return found

    def _believed(self, peer: str) -> bool:
        address = _address(peer)
        return address is not None and self._within(address)

    def _within(self, address: IPv4Address | IPv6Address) -> bool:
        return any(address in network for network in self._networks)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address
