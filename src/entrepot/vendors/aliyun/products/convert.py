"""Between Alibaba's words and the canonical ones, in tables read both ways; the only file that knows both."""

from __future__ import annotations

import dataclasses
from typing import Any

from msgspec import UNSET, UnsetType
from msgspec.structs import replace

from entrepot.core.caller import Caller
from entrepot.core.products.registry import Edit
from entrepot.core.things.claim import Claim
from entrepot.core.things.product import (
    Auth,
    Draft,
    Kind,
    Network,
    Payload,
    Product,
    Profile,
    Protocol,
)
from entrepot.dialect.operation import Call
from entrepot.vendors.aliyun import common
from entrepot.vendors.aliyun.actions import ref
from entrepot.vendors.aliyun.editions import SENIOR, edition_of
from entrepot.vendors.aliyun.handles import DIALECT, product_key, product_secret
from entrepot.vendors.aliyun.products import replies, use_cases, wire
from entrepot.vendors.aliyun.products.use_cases import (
    Counted,
    Listing,
    NewProduct,
    Page,
    Retag,
    Search,
)

PRODUCT_QUOTA = 1000  # source: documented (limits: products of an instance)
NAME_RULE = "aliyun.name"
RESERVED_TAG = "abc"

KINDS: dict[int, Kind] = {0: "device", 1: "gateway"}
PAYLOADS: dict[int, Payload] = {0: "binary", 1: "json"}
AUTHS: dict[str, Auth] = {"secret": "secret", "id2": "id2", "x509": "certificate"}
PROTOCOLS: dict[str, Protocol] = {
    "modbus": "modbus",
    "opc-ua": "opc-ua",
    "customize": "custom",
    "ble": "ble",
    "zigbee": "zigbee",
}
NETWORKS: dict[str, Network] = {
    "WIFI": "wifi",
    "CELLULAR": "cellular",
    "ETHERNET": "ethernet",
    "LORA": "lora",
    "OTHER": "other",
}
# A text in CreateProduct, a number in QueryProduct. INFERRED: LORA has none there and is shown as other.
NETWORK_NUMBERS: dict[Network, int] = {
    "wifi": 3, "cellular": 6, "ethernet": 7, "other": 8, "lora": 8,
}  # fmt: skip

KIND_CODES: dict[Kind | None, int] = {None: 0, **{word: code for code, word in KINDS.items()}}
_PAYLOAD_CODES = {word: code for code, word in PAYLOADS.items()}
_AUTH_CODES = {word: code for code, word in AUTHS.items()}
_PROTOCOL_CODES = {word: code for code, word in PROTOCOLS.items()}

LOSSES = {
    "name": "shown as it is, also where it breaks Alibaba's rules for names",
    "names": "translations are not shown",
    "description": "shown whole, also beyond 100 characters",
    "kind": "none is shown as 0 (device)",
    "protocol": "only protocols towards a gateway are shown; a direct one (mqtt, coap, ...) is not",
    "payload": "none is shown as 1 (Alink JSON)",
    "auth": "none is shown as secret",
    "network": "none is shown as 3 (Wi-Fi), lora as 8 (other)",
    "device_type": "not shown",
    "manufacturer_id": "not shown",
    "manufacturer_name": "not shown",
    "model_number": "not shown",
    "industry": "not shown",
    "version": "not shown",
    "dynamic_activation": "not shown",
    "disabled": "not shown",
    "template": "not shown",
    "model_key": "not shown",
    "model": "shown by the thing model actions, in TSL and ThingModelJson whoever wrote it; the product counts"
    " as iothub_senior",
    "tags": "the key `abc` is reserved and not shown",
    "extras": "another dialect's own fields are not shown",
}


# Requests


def draft(call: Call, caller: Caller) -> NewProduct:
    """CreateProduct as a product to be."""
    sent: wire.CreateProduct = call.params
    own: dict[str, Any] = {
        "AliyunCommodityCode": sent.AliyunCommodityCode,
        "PublishAuto": sent.PublishAuto,
        "ValidateType": sent.ValidateType,
    }
    if sent.ResourceGroupId:
        own["ResourceGroupId"] = sent.ResourceGroupId
    if sent.JoinPermissionId:
        own["JoinPermissionId"] = sent.JoinPermissionId
    profile = Profile(
        name=sent.ProductName,
        description=sent.Description,
        kind=KINDS[sent.NodeType],
        protocol=PROTOCOLS[sent.ProtocolType] if sent.ProtocolType else None,
        payload=PAYLOADS[sent.DataFormat],
        # Id2 is overruled by AuthType where they differ, also by its default (CreateProduct, Id2).
        auth=AUTHS[sent.AuthType],
        network=NETWORKS[sent.NetType],
        category=sent.CategoryKey,
        extras={DIALECT: own},
    )
    new = Draft(profile=profile, claims=_claims(sent.ProductName), quota=PRODUCT_QUOTA)
    return NewProduct(new, publish=sent.PublishAuto)


def _claims(name: str) -> tuple[Claim, ...]:
    return (Claim(NAME_RULE, name),)


def update(call: Call, caller: Caller) -> use_cases.Change:
    """UpdateProduct as a change."""
    sent: wire.UpdateProduct = call.params

    def edit(old: Product) -> Edit:
        profile = replace(old.profile, name=sent.ProductName)
        if sent.Description is not None:
            profile = replace(profile, description=sent.Description)
        return Edit(profile, claims=_claims(sent.ProductName))

    return ref(call, caller), edit


def listing(call: Call, caller: Caller) -> Listing:
    """QueryProductList as a question."""
    sent: wire.QueryProductList = call.params
    wanted, group = sent.AliyunCommodityCode, sent.ResourceGroupId

    def keep(product: Product) -> bool:
        return (wanted is None or edition_of(product) == wanted) and (
            group is None or _own(product).get("ResourceGroupId") == group
        )

    return Listing(
        page=sent.CurrentPage,
        size=sent.PageSize,
        keep=keep if wanted or group else None,
    )


def tags(call: Call, caller: Caller) -> Retag:
    """CreateProductTags as a change of tags."""
    sent: wire.SetProductTags = call.params
    return Retag(ref(call, caller), {t.TagKey: t.TagValue for t in sent.ProductTag})


def known_tags(call: Call, caller: Caller) -> Retag:
    """UpdateProductTags as a change of tags: only those that are there."""
    return dataclasses.replace(tags(call, caller), known_only=True)


def dropped_tags(call: Call, caller: Caller) -> Retag:
    """DeleteProductTags as a change of tags."""
    return Retag(ref(call, caller), drop=tuple(call.params.ProductTagKey))


def search(call: Call, caller: Caller) -> Search:
    """ListProductByTags as a question."""
    sent: wire.ListProductByTags = call.params
    wanted = tuple(
        (t.TagKey, t.TagValue or None) for t in sent.ProductTag if t.TagKey != RESERVED_TAG
    )
    return Search(wanted, sent.CurrentPage, sent.PageSize)


# Answers


def _own(product: Product) -> dict[str, Any]:
    return product.profile.extras.get(DIALECT, {})


def _data_format(product: Product) -> int | UnsetType:
    return (
        _PAYLOAD_CODES[product.profile.payload or "json"]
        if edition_of(product) == SENIOR
        else UNSET
    )


def _node_type(product: Product) -> int | UnsetType:
    return KIND_CODES[product.profile.kind] if edition_of(product) == SENIOR else UNSET


def _protocol_type(product: Product) -> str | UnsetType:
    # DOC BUG: QueryProduct has it for NodeType 1 only; it says how sub-devices reach a gateway.
    protocol = product.profile.protocol
    if protocol is None or edition_of(product) != SENIOR:
        return UNSET
    return _PROTOCOL_CODES.get(protocol, UNSET)


def _description(product: Product) -> str | UnsetType:
    text = product.profile.description
    return UNSET if text is None else text


def _auth_type(product: Product) -> str:
    return _AUTH_CODES[product.profile.auth or "secret"]


def created(product: Product, caller: Caller) -> replies.CreateProduct:
    """The product as CreateProduct answers it."""
    key = product_key(caller.vault, product)
    data = replies.Created(
        Description=_description(product),
        DataFormat=_data_format(product),
        ProtocolType=_protocol_type(product),
        ProductKey=key,
        ProductSecret=product_secret(caller.vault, product),
        NodeType=_node_type(product),
        ProductName=product.profile.name,
        AliyunCommodityCode=edition_of(product),
        AuthType=_auth_type(product),
        ResourceGroupId=_own(product).get("ResourceGroupId", UNSET),
        Id2=product.profile.auth == "id2",
    )
    return replies.CreateProduct(RequestId=caller.request_id, Data=data, ProductKey=key)


def queried(counted: Counted, caller: Caller) -> replies.QueryProduct:
    """The product as QueryProduct answers it."""
    product = counted.product
    profile = product.profile
    senior = edition_of(product) == SENIOR
    data = replies.Queried(
        AliyunCommodityCode=edition_of(product),
        AuthType=_auth_type(product),
        CategoryKey=profile.category if senior and profile.category else UNSET,
        CategoryName=counted.category if senior and counted.category else UNSET,
        DataFormat=_data_format(product),
        Description=_description(product),
        DeviceCount=counted.devices,
        GmtCreate=product.created_at,
        Id2=profile.auth == "id2",
        NetType=NETWORK_NUMBERS[profile.network or "wifi"],
        NodeType=_node_type(product),
        Owner=True,
        ProductKey=product_key(caller.vault, product),
        ProductName=profile.name,
        ProductSecret=product_secret(caller.vault, product),
        ProductStatus="RELEASE_STATUS" if product.released else "DEVELOPMENT_STATUS",
        ProtocolType=_protocol_type(product),
        ValidateType=_own(product).get("ValidateType", 1),
    )
    return replies.QueryProduct(RequestId=caller.request_id, Data=data)


def listed(page: Page, caller: Caller) -> replies.QueryProductList:
    """The page as QueryProductList answers it."""
    infos = [
        replies.ProductInfo(
            AuthType=_auth_type(c.product),
            DataFormat=_data_format(c.product),
            Description=_description(c.product),
            DeviceCount=c.devices,
            GmtCreate=c.product.created_at,
            NodeType=_node_type(c.product),
            ProductKey=product_key(caller.vault, c.product),
            ProductName=c.product.profile.name,
        )
        for c in page.products
    ]
    data = replies.Page(
        CurrentPage=page.page,
        PageCount=-(-page.total // page.size),
        PageSize=page.size,
        Total=page.total,
        List=replies.ProductInfos(ProductInfo=infos),
    )
    return replies.QueryProductList(RequestId=caller.request_id, Data=data)


def tag_list(product: Product, caller: Caller) -> replies.ListProductTags:
    """The product's tags; the reserved key is left out (CreateProductTags, TagKey)."""
    found = [
        common.Tag(TagKey=name, TagValue=value)
        for name, value in product.profile.tags.items()
        if name != RESERVED_TAG
    ]
    return replies.ListProductTags(RequestId=caller.request_id, Data=common.Tags(ProductTag=found))


def tagged(products: list[Product], caller: Caller) -> replies.ListProductByTags:
    """The products as ListProductByTags answers them."""
    infos = [
        replies.TaggedProduct(
            CreateTime=p.created_at,
            Description=_description(p),
            NodeType=_node_type(p),
            ProductKey=product_key(caller.vault, p),
            ProductName=p.profile.name,
        )
        for p in products
    ]
    return replies.ListProductByTags(
        RequestId=caller.request_id, ProductInfos=replies.TaggedProducts(ProductInfo=infos)
    )
