"""Product templates and product topics between ROMA's words and the canonical ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.products.registry import Ref
from entrepot.core.products.templates import TemplateDraft
from entrepot.core.products.topics import TopicDraft
from entrepot.core.things.claim import Claim
from entrepot.core.things.template import Template
from entrepot.core.things.topic import Topic
from entrepot.dialect.operation import Call
from entrepot.vendors.huawei.roma.paging import Page, Selection, both, made, part
from entrepot.vendors.huawei.roma.people import user
from entrepot.vendors.huawei.roma.products.convert import ref
from entrepot.vendors.huawei.roma.templates import wire

TEMPLATE_QUOTA = 100  # source: documented (usage limits)
DIRECTIONS = {0: "publish", 1: "subscribe"}
_DIRECTION_CODES = {word: code for code, word in DIRECTIONS.items()}


def template_draft(call: Call, caller: Caller) -> TemplateDraft:
    """CreateProductTemplate as a draft."""
    body: wire.WriteTemplate = call.body
    return TemplateDraft(
        name=body.name,
        description=body.description,
        enabled=not body.status,
        claims=_template_claims(body.name),
        quota=TEMPLATE_QUOTA,
    )


def template_ref(call: Call, caller: Caller) -> Ref:
    """The template that the path names."""
    id: int = call.params.product_template_id
    return Ref(str(id), id)


def template_change(call: Call, caller: Caller) -> tuple[Ref, Callable[[Template], Template]]:
    """UpdateProductTemplate as a template and its change."""
    body: wire.WriteTemplate = call.body

    def edit(old: Template) -> Template:
        return replace(
            old,
            name=body.name,
            description=old.description if body.description is None else body.description,
            enabled=old.enabled if body.status is None else not body.status,
            claims=_template_claims(body.name),
        )

    return template_ref(call, caller), edit


def _template_claims(name: str) -> tuple[Claim, ...]:
    return (Claim("roma.template", name),)


def templates_wanted(call: Call, caller: Caller) -> Selection[Template]:
    """ListProductTemplates as what is wanted."""
    p: wire.ListTemplates = call.params
    tests: list[Callable[[Any], bool]] = made(p)
    if p.name:
        tests.append(lambda template: template.name == p.name)
    if p.status is not None:
        tests.append(lambda template: _status(template) == p.status)
    return Selection(*part(p), test=both(tests), ids=None if p.id is None else [p.id])


def template(template: Template, caller: Caller) -> wire.ProductTemplate:
    """The template as ROMA shows it."""
    return wire.ProductTemplate(
        id=template.id,
        name=template.name,
        description=template.description,
        status=_status(template),
        created_user=user(template.created_by),
        last_updated_user=user(template.updated_by),
        created_datetime=template.created_at,
        last_updated_datetime=template.updated_at,
    )


def templates(page: Page[Template], caller: Caller) -> wire.ProductTemplates:
    """A page of templates."""
    items = [template(one, caller) for one in page.items]
    return wire.ProductTemplates(page.total, len(items), items)


def _status(template: Template) -> int:
    return 0 if template.enabled else 1


def topic_draft(call: Call, caller: Caller) -> tuple[Ref, TopicDraft]:
    """CreateProductTopic as a product and a topic to be."""
    body: wire.WriteTopic = call.body
    prefixed = body.with_prefix_slash
    return ref(call, caller), TopicDraft(
        name=body.name,
        version=body.version,
        direction=DIRECTIONS[body.permission],
        description=body.description,
        prefixed=prefixed,
        rule="roma.topic",
        unique=_path(body.version, body.name, prefixed),
    )


def topic_refs(call: Call, caller: Caller) -> tuple[Ref, Ref]:
    """The product and the topic that the path names."""
    id: int = call.params.topic_id
    return ref(call, caller), Ref(str(id), id)


def topic_change(call: Call, caller: Caller) -> tuple[Ref, Ref, TopicDraft]:
    """UpdateProductTopic as a topic and what it is to be."""
    return *topic_refs(call, caller), topic_draft(call, caller)[1]


def topics_wanted(call: Call, caller: Caller) -> tuple[Ref, int, int]:
    """ListProductTopics as a product, how many to leave out and how many to show."""
    return ref(call, caller), *part(call.params)


def topic(topic: Topic, caller: Caller) -> wire.ProductTopic:
    """The topic as it is shown where it is made and listed."""
    return wire.ProductTopic(
        product_id=topic.product,
        topic_id=str(topic.id),
        permission=_DIRECTION_CODES[topic.direction],
        topic_name=_path(topic.version, topic.name, topic.prefixed),
        version=topic.version,
        description=topic.description,
    )


def changed_topic(changed: Topic, caller: Caller) -> wire.ProductTopic:
    """The topic as UpdateProductTopic answers it: the SDK has a number for its id there."""
    shown = topic(changed, caller)
    shown.topic_id = changed.id
    return shown


def topics(page: Page[Topic], caller: Caller) -> wire.ProductTopics:
    """A page of topics."""
    items = [topic(one, caller) for one in page.items]
    return wire.ProductTopics(page.total, len(items), items)


def _path(version: str, name: str, prefixed: bool) -> str:
    """`/3.0/${deviceId}/t1`: the placeholder stays (Creating a Product Topic, topic_name)."""
    return f"{'/' if prefixed else ''}{version}/${{deviceId}}/{name}"
