"""How a thing becomes a row and a claim becomes a hash, the same for every engine; knows no SQL."""

from __future__ import annotations

import hashlib
import sys
from typing import Any

import msgspec

from entrepot.core.ports import KINDS, Entry, Kind, Thing
from entrepot.core.product import Claim

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

BY_TYPE: dict[type[Any], Kind] = {kind.type: kind for kind in KINDS}

# JSON, because a thing model is a piece of JSON text that goes in and comes out as it is.
_encoder = msgspec.json.Encoder()
_decoders = {kind.type: msgspec.json.Decoder(kind.type) for kind in KINDS}
_entries = msgspec.json.Decoder(Entry)
_compressor = zstd.ZstdCompressor(level=1)
_decompress = zstd.decompress

_PLAIN, _ZSTD = b"\x00", b"\x01"
_WORTH_PACKING_BYTES = 512


def pack(thing: Thing | Entry) -> bytes:
    """The thing as a document. One thread at a time: the compressor is shared."""
    plain = _encoder.encode(thing)
    if len(plain) < _WORTH_PACKING_BYTES:
        return _PLAIN + plain
    return _ZSTD + _compressor.compress(plain, zstd.ZstdCompressor.FLUSH_FRAME)


def unpack(kind: type[Any], document: bytes) -> Any:
    """The thing that `pack` took."""
    plain = document[1:] if document[:1] == _PLAIN else _decompress(document[1:])
    return _decoders[kind].decode(plain)


def unpack_entry(document: bytes) -> Entry:
    """The audit entry that `pack` took."""
    return _entries.decode(document[1:] if document[:1] == _PLAIN else _decompress(document[1:]))


def parent_of(thing: Thing) -> int:
    """The id of the thing's parent, 0 where its kind has none."""
    attribute = BY_TYPE[type(thing)].parent
    return getattr(thing, attribute) if attribute else 0


def claims_of(thing: Thing) -> tuple[Claim, ...]:
    """The claims that the thing holds."""
    return getattr(thing, "claims", ())


def claim_hash(claim: Claim) -> bytes:
    """128 bits that stand for the claim: two different claims never meet in practice."""
    text = f"{claim.rule}\0{claim.value}".encode()
    return hashlib.blake2b(text, digest_size=16).digest()
