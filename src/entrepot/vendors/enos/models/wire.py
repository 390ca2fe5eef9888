"""EnOS thing models, spelled as its pages spell them: the calls, and what a model's text must obey.

A model is kept as its author wrote it. So these structs only check it; nothing is rebuilt from them.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from entrepot.core.faults import Violation
from entrepot.vendors.enos.common import Organization, Reply
from entrepot.vendors.enos.formats.wire import ModelId
from entrepot.vendors.enos.search.matching import MODEL_FIELDS
from entrepot.vendors.enos.search.wire import Page, Search, unsearchable

# --- calls ---------------------------------------------------------------------------------------


class ModelAddress(Organization, kw_only=True):
    """The model that a call is about."""

    modelId: Annotated[str, Meta(min_length=1, max_length=128, description="Thing model ID.")]
    scope: Annotated[
        Literal[0, 1], Meta(description="0: the organization's own models; 1: public ones as well.")
    ] = 1


class ModelScope(Organization, kw_only=True):
    """Where a search looks."""

    scope: Annotated[
        Literal[0, 1, 2],
        Meta(
            description="0: the organization's own models; 1: public ones as well; 2: only those."
        ),
    ] = 1


class ModelUpdate(Organization, kw_only=True):
    """How an update is meant."""

    isPatchUpdate: Annotated[
        bool, Meta(description="true: what is absent stays; false: the body is the whole model.")
    ] = True


class UpdateThingModel(msgspec.Struct, kw_only=True):
    """Body of Update Thing Model. What it makes of the model is checked as a whole (`check`)."""

    modelId: ModelId
    # DOC BUG: "required if isPatchUpdate is true", which is when what is absent stays.
    name: dict[str, Any] | UnsetType = UNSET
    desc: str | UnsetType | None = UNSET
    i18nDesc: Any = UNSET
    category: Any = UNSET
    tags: dict[str, str] | UnsetType | None = UNSET
    featuresToDelete: Annotated[
        list[str] | None, Meta(description="Identifiers; of use in a patch only.")
    ] = None
    attributes: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET
    measurepoints: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET
    services: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET
    events: dict[str, dict[str, Any] | None] | UnsetType | None = UNSET


class ThingModelReply(Reply, kw_only=True):
    """Get Thing Model."""

    data: dict[str, Any]


class ThingModelPage(Reply, kw_only=True):
    """Search Thing Model."""

    data: list[dict[str, Any]]
    pagination: Page


def _model_search(asked: SearchModels) -> list[Violation]:
    found = unsearchable(asked, MODEL_FIELDS)
    if asked.relationFilter is not None:
        words = "must be left out: no model here inherits from another"
        found.append(Violation(("relationFilter",), "rule", words))
    return found


class SearchModels(Search, kw_only=True):
    """Body of Search Thing Model."""

    relationFilter: Any = None  # of later editions: models by the models that they inherit from

    __rules__ = (_model_search,)
