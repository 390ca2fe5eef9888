"""Open standards for thing models: the formats that belong to no vendor. Knows core alone."""

from __future__ import annotations

from entrepot.standards.dtdl import DTDL
from entrepot.standards.json_schema import JSON_SCHEMA
from entrepot.standards.sdf import SDF
from entrepot.standards.wot import WOT

STANDARDS = (WOT, SDF, DTDL, JSON_SCHEMA)
