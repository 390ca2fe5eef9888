"""The two ways in which Alibaba writes thing models down; the store keeps the first."""

from __future__ import annotations

from entrepot.vendors.aliyun.formats.thing_model_json import THING_MODEL_JSON
from entrepot.vendors.aliyun.formats.tsl import TSL

FORMATS = (TSL, THING_MODEL_JSON)
