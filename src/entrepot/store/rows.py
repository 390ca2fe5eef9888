"""How a thing becomes a row and a claim becomes a hash, the same for every engine; knows no SQL."""

from __future__ import annotations

import hashlib
import threading
from importlib.resources import files
from typing import Any

import msgspec
import zstandard

from entrepot.core.identity import Tenant
from entrepot.core.ports import INSTALLATION, KINDS, Entry, Kind, Thing
from entrepot.core.product import Claim

BLOCK_BITS = 13
"""Things are counted by blocks of so many ids (id >> 13): a deep page skips blocks, not rows."""

BY_TYPE: dict[type[Any], Kind] = {kind.type: kind for kind in KINDS}

# JSON, because a thing model is a piece of JSON text that goes in and comes out as it is.
_encoder = msgspec.json.Encoder()
_decoders = {kind.type: msgspec.json.Decoder(kind.type) for kind in KINDS}
_entries = msgspec.json.Decoder(Entry)

# Trained on products such as users make (`python -m bench.dictionary`): it halves what zstd leaves
# and the time it takes. Documents need it to be read again: a better one gets a mark of its own.
_dictionary = zstandard.ZstdCompressionDict(
    files("entrepot.store").joinpath("documents.zdict").read_bytes()
)
_dictionary.precompute_compress(level=1)


class _Packer(threading.local):
    """Contexts are dear to make and serve one thread at a time."""

    def __init__(self) -> None:
        self.compress = zstandard.ZstdCompressor(
            level=1, dict_data=_dictionary, write_dict_id=False
        ).compress
        self.decompress = zstandard.ZstdDecompressor(dict_data=_dictionary).decompress


_packer = _Packer()

_PLAIN, _ZSTD = b"\x00", b"\x01"
_WORTH_PACKING_BYTES = 256


def pack(thing: Thing | Entry) -> bytes:
    """The thing as a document."""
    plain = _encoder.encode(thing)
    if len(plain) < _WORTH_PACKING_BYTES:
        return _PLAIN + plain
    return _ZSTD + _packer.compress(plain)


def unpack(kind: type[Any], document: bytes) -> Any:
    """The thing that `pack` took."""
    return _decoders[kind].decode(_plain(document))


def unpack_entry(document: bytes) -> Entry:
    """The audit entry that `pack` took."""
    return _entries.decode(_plain(document))


def _plain(document: bytes) -> bytes:
    if document[:1] == _PLAIN:
        return document[1:]
    return _packer.decompress(document[1:])


def parent_of(thing: Thing) -> int:
    """The id of the thing's parent, 0 where its kind has none."""
    attribute = BY_TYPE[type(thing)].parent
    return getattr(thing, attribute) if attribute else 0


def claims_of(thing: Thing) -> tuple[Claim, ...]:
    """The claims that the thing holds."""
    return getattr(thing, "claims", ())


def labels_of(thing: Thing) -> dict[str, str]:
    """The labels that the thing is found by."""
    return getattr(thing, "labels", {})


def claim_hash(claim: Claim) -> bytes:
    """128 bits that stand for the claim: two different claims never meet in practice."""
    text = f"{claim.rule}\0{claim.value}".encode()
    return hashlib.blake2b(text, digest_size=16).digest()


def owner_of(thing: Thing) -> int:
    """The tenant under which the thing is kept."""
    if isinstance(thing, Tenant) or BY_TYPE[type(thing)].everywhere:
        return INSTALLATION
    return thing.tenant


def label_hash(text: str) -> bytes:
    """128 bits that stand for a label's name or value, where an engine cannot index every text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
