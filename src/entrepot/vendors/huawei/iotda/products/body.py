"""Reading IoTDA's parameters and bodies; knows what a body may hold beside what its page says."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

from entrepot.core.faults import Invalid
from entrepot.dialect.check import json_text
from entrepot.dialect.dialect import Exchange
from entrepot.dialect.handle import decode_rest
from entrepot.dialect.operation import Call
from entrepot.dialect.sizes import LARGE, refuse_many
from entrepot.dialect.validator import MAX_VIOLATIONS
from entrepot.vendors.huawei.iotda.formats.size import oversize
from entrepot.vendors.huawei.iotda.formats.wire import LENIENT, ServiceCapability
from entrepot.vendors.huawei.iotda.products import quick, wire

B = TypeVar("B", wire.CreateProduct, wire.UpdateProduct)

_encode = msgspec.json.Encoder().encode


class Sent(msgspec.Struct, Generic[B], frozen=True, gc=False):
    """A checked body, and its services as the JSON text that is kept and shown again.

    What was sent comes back to the letter, null included; what was not stays away, but for the two
    members that have documented defaults, `required` and `option`.
    """

    body: B
    services: msgspec.Raw | None


def decode(exchange: Exchange) -> Call:
    """The checked parameters and body; the body of a product as `Sent`.

    Raises:
        Malformed, Invalid: they are not what the operation declares.
    """
    kind = exchange.operation.body if exchange.operation else None
    raw = json_text(exchange.request.body)
    if kind is wire.CreateProduct:
        if len(raw) > LARGE:
            refuse_many(raw, exchange.dialect.most_values)
        if (read := quick.read(raw)) is not None:
            # The one parameter there is, the project, was compared with the caller's.
            return Call(None, Sent(*read))
    if kind not in (wire.CreateProduct, wire.UpdateProduct):
        return decode_rest(exchange, LENIENT)
    try:
        call = decode_rest(exchange, LENIENT)
    except Invalid as refused:
        too_large = oversize(raw)
        most = MAX_VIOLATIONS - len(too_large)
        raise Invalid((*refused.violations[:most], *too_large)) from None
    if too_large := oversize(raw):
        raise Invalid(too_large)
    body = call.body
    return Call(call.params, Sent(body, _text(body.service_capabilities, raw)))


def _text(services: list[ServiceCapability] | None, raw: bytes) -> msgspec.Raw | None:
    if services is None:
        return None
    _restore_defaults(services, raw)
    for service in services:
        if not service.service_type:  # INFERRED from Terraform's provider: then it is the id
            service.service_type = service.service_id
    return msgspec.Raw(_encode(services))


class _Property(msgspec.Struct):
    default_value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


class _Service(msgspec.Struct):
    properties: list[_Property] | None = None


class _Body(msgspec.Struct):
    service_capabilities: list[_Service]


_defaults = msgspec.json.Decoder(_Body).decode


def _restore_defaults(services: list[ServiceCapability], raw: bytes) -> None:
    # A body that had to be mended went through Python's numbers; 1.10 is 1.1 there.
    for service, sent in zip(services, _defaults(raw).service_capabilities, strict=True):
        for property, as_sent in zip(service.properties or (), sent.properties or (), strict=True):
            property.default_value = as_sent.default_value
