"""The formats that dialects keep models in, side by side: any authored model in any dialect's words.

Knows no dialect.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from typing import Any

import msgspec
from msgspec.structs import replace

from entrepot.core.models.authored import Authored
from entrepot.core.models.conversion import Format, meaning, read
from entrepot.core.models.differences import Difference, differences
from entrepot.core.models.thing_model import ThingModel
from entrepot.core.recent import Recent
from entrepot.core.texts import decoded

_SMALL = 1 << 16  # bytes of a text that is worth remembering
_REMEMBERED, _REMEMBERED_BYTES = (
    256,
    4 << 20,
)  # how many, and how much of them with what they became


def _size(key: tuple[str, bytes, str], text: msgspec.Raw) -> int:
    return len(key[1]) + len(bytes(text))


def _parked(model: ThingModel, text: bytes, target: Format) -> tuple[Difference, ...]:
    """What a written text does not say of the model."""
    return tuple(differences(model, meaning(text, target), target.own))


class Catalog:
    """Every format there is, by its name, and the models that are everybody's."""

    def __init__(
        self,
        sources: Mapping[str, Callable[[], Iterable[Format]]] | None = None,
        public: Callable[[], Mapping[str, Authored]] = dict,
    ) -> None:
        """`sources`: a function for each dialect that gives its formats, and imports them the first time."""
        self._sources = sources or {}
        self._public = public
        self._stored: dict[str, Format | None] = {}
        self._texts: Recent[tuple[str, bytes, str], msgspec.Raw] = Recent(
            _REMEMBERED, _REMEMBERED_BYTES, _size
        )
        self._asking = threading.Lock()  # readers in several threads ask

    @cached_property
    def formats(self) -> dict[str, Format]:
        """Every format, by its name."""
        found: dict[str, Format] = {}
        for source in self._sources.values():
            for one in source():
                if one.name in found:
                    raise ValueError(f"two formats are called {one.name!r}")
                found[one.name] = one
        return found

    @cached_property
    def public(self) -> Mapping[str, Authored]:
        """The models that are everybody's, by the keys that products name them by."""
        return self._public()

    def _stored_in(self, dialect: str) -> Format | None:
        """Returns the format in which the store keeps the dialect's models, or None if it keeps none of them."""
        if dialect not in self._sources:
            return None
        if dialect not in self._stored:
            own = (one for one in self._sources[dialect]() if one.dialect == dialect)
            self._stored[dialect] = next(own, None)
        return self._stored[dialect]

    def _own(self, dialect: str) -> Format:
        found = self._stored_in(dialect)
        if found is None:
            raise KeyError(dialect)
        return found

    def reads(self, authored: Authored) -> bool:
        """Whether somebody here can read an authored model."""
        return self._stored_in(authored.dialect) is not None

    def model(self, authored: Authored) -> ThingModel | None:
        """What an authored model means; None where nobody here can read it."""
        source = self._stored_in(authored.dialect)
        if source is None:
            return None
        text = bytes(authored.text)
        return read(text, source, authored.parked, decoded(text))

    def text(self, authored: Authored, dialect: str) -> msgspec.Raw | None:
        """The model in the words of a dialect: the author's own text where it is the author's.

        None where nobody here can read it.
        """
        if authored.dialect == dialect:
            return authored.text
        text = bytes(authored.text)
        if len(text) > _SMALL or authored.parked:
            return self._text(authored, dialect)
        key = (authored.dialect, text, dialect)
        with self._asking:
            found = self._texts.get(key)
        if found is None:
            found = self._text(authored, dialect)
            if found is not None:
                with self._asking:
                    self._texts.keep(key, found)
        return found

    def _text(self, authored: Authored, dialect: str) -> msgspec.Raw | None:
        source = self._stored_in(authored.dialect)
        if source is None:
            return None
        text = bytes(authored.text)
        model = meaning(text, source, authored.parked, decoded(text))
        return msgspec.Raw(self._own(dialect).write(model))

    def authored(self, model: ThingModel, dialect: str) -> Authored:
        """The model as an author of the dialect would have it kept: the words that there are, the rest parked."""
        target = self._own(dialect)
        text = target.write(model)
        return Authored(dialect, msgspec.Raw(text), _parked(model, text, target))

    def revised(self, old: Authored | None, new: Authored) -> Authored:
        """The new model, with what its dialect cannot say of the old one parked beside it."""
        if old is None:
            return new
        if old.dialect == new.dialect:
            return replace(new, parked=old.parked)
        model, target = self.model(old), self._stored_in(new.dialect)
        if model is None or target is None:
            return new
        return replace(new, parked=_parked(model, target.write(model), target))

    def named(self, name: str) -> Format:
        """The format of this name, or the one that the dialect of this name keeps.

        Raises:
            ValueError: there is none; says which there are.
        """
        found = self.formats.get(name) or self._stored_in(name)
        if found is None:
            raise ValueError(f"no format is called {name!r}; known are {', '.join(self.formats)}")
        return found

    def recognised(self, plain: Any) -> Format | None:
        """The one format that takes the decoded JSON value for its own; None where none or several do."""
        found = self.candidates(plain)
        return found[0] if len(found) == 1 else None

    def candidates(self, plain: Any) -> list[Format]:
        """Every format that takes the decoded JSON value for its own."""
        return [f for f in self.formats.values() if f.read is not None and f.recognise(plain)]
