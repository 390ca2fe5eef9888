"""The network address that limits are counted by; knows no limit."""

from __future__ import annotations

from ipaddress import AddressValueError, IPv6Address


def network_of(peer: str) -> str:
    """Returns the address that a caller cannot change at will: IPv4 whole, IPv6 by its /64.

    A provider gives a customer a whole /64, so each of its addresses stands for the same caller.
    Text that is no IPv6 address (a Unix socket's empty peer, a name) is returned as it is.
    """
    if ":" not in peer:
        return peer
    try:
        address = IPv6Address(peer.partition("%")[0])
    except AddressValueError:
        return peer
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> 64 << 64)) + "/64"
