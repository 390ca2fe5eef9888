"""How a thing becomes a row and a claim becomes a hash, the same for every engine; knows no SQL."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Collection, Iterable
from functools import lru_cache
from importlib.resources import files
from typing import Any

import msgspec
import zstandard

from entrepot.core.kinds import INSTALLATION, KINDS, Kind, Thing
from entrepot.core.ports import Entry
from entrepot.core.things.account import Tenant
from entrepot.core.things.claim import Claim
from entrepot.core.things.device import KEY, UNNAMED
from entrepot.core.things.product import NAME

BLOCK_BITS = 14
"""Things are counted by blocks of so many ids (id >> 14): a deep page skips blocks, not rows."""

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

HASH_BYTES = 16
_LONG = 256  # characters of a label that is not worth remembering
_SEARCHED_BYTES = 1000  # of a name: PostgreSQL's indexes take no more than 2700

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


def parents_of(parent: int | Collection[int] | None) -> list[int] | None:
    """The parents that a list is of, each once; None: it is of all."""
    if parent is None:
        return None
    return [parent] if isinstance(parent, int) else list(dict.fromkeys(parent))


def claims_of(thing: Thing) -> tuple[Claim, ...]:
    """The claims that the thing holds."""
    return getattr(thing, "claims", ())


LABELLED: tuple[Kind, ...] = tuple(kind for kind in KINDS if hasattr(kind.type, "labels"))
"""The kinds whose things are found by labels."""
NAMES = NAME + "s"
"""The label of what else a thing is called: its translations, and names in small letters where those
are more than ASCII's."""
SEARCHED = (NAME, NAMES, UNNAMED)
"""The labels that are searched by their parts."""
_UNCOUNTED = frozenset(kind.mark + name for kind in LABELLED for name in (*SEARCHED, KEY))
ANY = "\0"
"""The value under which a tag is kept a second time, to be found by its key alone."""
FEW = 10_000
"""So many things found by part of a name are sorted here, sooner than all names are read twice."""
ALL = 0
"""The parent under which things are counted that have none, and those of `EVERY`."""
EVERY = {kind.name: f"*{kind.name}" for kind in KINDS if kind.parent}
"""What a tenant's things are counted as once more, all of a kind together, where parents keep them apart."""
COUNTED_AS = tuple((kind, kind.name, "parent") for kind in KINDS) + tuple(
    (kind, EVERY[kind.name], str(ALL)) for kind in KINDS if kind.name in EVERY
)
"""Each kind, what it is counted as, and under which parent; in SQL."""
LABEL = "label"
"""What labels are called among the kinds that are counted; `label_number` stands for the parent."""


def label_rows(thing: Thing) -> list[tuple[str, str]]:
    """Name and value of each row that the thing's labels take in an index."""
    mark, labels = BY_TYPE[type(thing)].mark, getattr(thing, "labels", {})
    rows: list[tuple[str, str]] = []
    for name, value in labels.items():
        if not name.startswith("\0"):
            rows += (mark + name, value), (mark + name, ANY)
        elif name.startswith(NAME) or name == UNNAMED:
            rows.append((mark + (name if name in SEARCHED else NAMES), value))
            if not value.isascii() and (small := value.casefold()) != _small_ascii(value):
                rows.append((mark + NAMES, small))
        else:
            rows.append((mark + name, value))
    return rows if len(rows) == 1 else list(dict.fromkeys(rows))


def _small_ascii(text: str) -> str:
    """The text as engines see it that know the cases of ASCII alone."""
    return text.encode("utf-8", "surrogatepass").lower().decode("utf-8", "surrogatepass")


def asked_labels(
    kind: Kind, labels: Iterable[tuple[str, str | None]]
) -> tuple[list[tuple[str, str]], bool]:
    """The rows to look for, each once; and whether they are counted and nothing has two of them."""
    rows = dict.fromkeys((name, ANY if value is None else value) for name, value in labels)
    keys = {name for name, value in rows if value == ANY}
    found = [(name, value) for name, value in rows if value == ANY or name not in keys]
    # Of our own labels that are called alike up to a stroke a thing has one: its state in its product.
    sorts = {name.partition("/")[:2] if name.startswith("\0") else name for name, _ in found}
    kept = [(kind.mark + name, value) for name, value in found]
    return kept, len(sorts) == 1 and not is_name(kept[0][0])


def is_name(label: str) -> bool:
    """Whether a row's label is a name, or a key. Those have many values that few things share: they are
    not counted."""
    return label in _UNCOUNTED


def label_number(name: str, value: str) -> int:
    """63 bits that stand for a label where labels are counted."""
    if len(name) + len(value) > _LONG:
        return _label_number.__wrapped__(name, value)
    return _label_number(name, value)


@lru_cache(1024)  # most creates have the labels of those before them
def _label_number(name: str, value: str) -> int:
    """Different halves of the two hashes, because a tag's value may be the same text as its key; the
    same can be said in SQL of hashes alone."""
    key, text = label_name(name), label_hash(value)[:8]
    return (int.from_bytes(key) ^ int.from_bytes(text)) & (1 << 63) - 1


def claim_hash(claim: Claim) -> bytes:
    """128 bits that stand for the claim: two different claims never meet in practice."""
    text = f"{claim.rule}\0{claim.value}".encode()
    return hashlib.blake2b(text, digest_size=16).digest()


def owner_of(thing: Thing) -> int:
    """The tenant under which the thing is kept."""
    if isinstance(thing, Tenant) or BY_TYPE[type(thing)].everywhere:
        return INSTALLATION
    owned: Any = thing  # every other kind names its tenant
    tenant: int = owned.tenant
    return tenant


def label_name(name: str) -> bytes:
    """64 bits that stand for a label's name: a tenant has thousands of those, not billions."""
    return label_hash(name)[8:]


def label_hash(text: str) -> bytes:
    """128 bits that stand for a label's value, where an engine cannot index every text."""
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=HASH_BYTES).digest()


def label_value(name: str, value: str) -> bytes:
    """The hash of a label's value; of a name, in front of it what the name is searched by."""
    if not is_name(name):
        return label_hash(value)
    return name_part(value)[:_SEARCHED_BYTES] + b"\0" + label_hash(value)


def name_part(part: str) -> bytes:
    """A part of a name as it is looked for among those: in small letters."""
    return part.casefold().encode("utf-8", "surrogatepass")
