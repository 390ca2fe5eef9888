"""The use cases of a product's topics: plain functions over a unit of work, for any dialect that has them."""

from __future__ import annotations

from dataclasses import dataclass

from msgspec.structs import replace

from entrepot.core import audit
from entrepot.core.caller import Caller
from entrepot.core.faults import NotFound
from entrepot.core.ports import Tx
from entrepot.core.products.registry import Ref, get
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import Product
from entrepot.core.things.topic import Topic

_FIELDS = ("name", "version", "direction", "description", "prefixed")


@dataclass(frozen=True, slots=True)
class TopicDraft:
    """What a topic is to be. `unique` may stand once under a product; it is claimed under `rule`."""

    name: str
    version: str
    direction: str  # "publish" or "subscribe", as the device sees it
    description: str | None
    prefixed: bool
    rule: str
    unique: str


def create_topic(tx: Tx, caller: Caller, value: tuple[Ref, TopicDraft]) -> Topic:
    """The topic, kept under its product.

    Raises:
        NotFound: no such product.
        Taken: the product has such a topic.
    """
    ref, draft = value
    product = get(tx, caller, ref)
    topic = Topic(
        id=tx.new_id(),
        tenant=product.tenant,
        product=product.id,
        name=draft.name,
        version=draft.version,
        direction=draft.direction,
        created_at=caller.now_ms,
        description=draft.description,
        prefixed=draft.prefixed,
        claims=(_claim(product, draft),),
    )
    tx.add(topic)
    audit.note(tx, caller, "topic", topic.id, "create")
    return topic


def get_topic(tx: Tx, caller: Caller, value: tuple[Ref, Ref]) -> tuple[Product, Topic]:
    """The product and its topic, by reference to both.

    Raises:
        NotFound: no such product, or it has no such topic.
    """
    product_ref, ref = value
    product = get(tx, caller, product_ref)
    topic = None if ref.id is None else tx.get(Topic, product.tenant, ref.id)
    if topic is None or topic.product != product.id:
        raise NotFound("topic", ref.text)
    return product, topic


def update_topic(tx: Tx, caller: Caller, value: tuple[Ref, Ref, TopicDraft]) -> Topic:
    """The topic as it is after the change.

    Raises:
        NotFound: no such product, or it has no such topic.
        Taken: the product has another topic like that.
    """
    product_ref, ref, draft = value
    product, old = get_topic(tx, caller, (product_ref, ref))
    new = replace(
        old,
        name=draft.name,
        version=draft.version,
        direction=draft.direction,
        description=draft.description,
        prefixed=draft.prefixed,
        claims=(_claim(product, draft),),
    )
    tx.put(old, new)
    audit.note(tx, caller, "topic", new.id, "update", audit.differences(old, new, _FIELDS))
    return new


def delete_topic(tx: Tx, caller: Caller, value: tuple[Ref, Ref]) -> Topic:
    """The topic as it was.

    Raises:
        NotFound: no such product, or it has no such topic.
    """
    topic = get_topic(tx, caller, value)[1]
    tx.drop(topic)
    audit.note(tx, caller, "topic", topic.id, "delete")
    return topic


def _claim(product: Product, draft: TopicDraft) -> Claim:
    return Claim(draft.rule, f"{product.id}\n{draft.unique}")
