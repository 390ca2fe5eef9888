"""Log lines for people or for programs, and a line for each request; knows no setting and no secret."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import msgspec

from entrepot.dialect.dialect import Exchange
from entrepot.dialect.request import Answer
from entrepot.edge.bounded_log import ACCESS, BoundedHandler

access = logging.getLogger(ACCESS)

VALUE = 200  # characters of one fact
MESSAGE = 1000
TRACEBACK = 6000


class Console(logging.Formatter):
    """One line a record, its facts as name=value, a traceback indented below it where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without the traceback."""
        record.message = _cut(_printable(record.message.replace("\n", " ")), MESSAGE)
        facts: dict[str, object] = getattr(record, "facts", {})
        pairs = (f" {name}={_word(_cut(str(value)))}" for name, value in facts.items())
        return super().formatMessage(record) + "".join(pairs)

    def formatException(self, ei: Any) -> str:
        """The traceback, of which no line looks like a record."""
        lines = _middle_cut(super().formatException(ei)).splitlines()
        return "\n".join(f"  {_printable(line)}" for line in lines)


class Json(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the record's facts, error."""

    def format(self, record: logging.LogRecord) -> str:
        """The object as text."""
        facts: dict[str, object] = getattr(record, "facts", {})
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _cut(record.getMessage(), MESSAGE),
            **{name: _cut(v) if isinstance(v, str) else v for name, v in facts.items()},
        }
        if record.exc_info:
            line["error"] = _middle_cut(self.formatException(record.exc_info))
        return msgspec.json.encode(line, enc_hook=lambda value: _cut(str(value))).decode()


FORMATS: dict[str, type[logging.Formatter]] = {"console": Console, "json": Json}


def configure(level: str, form: str, with_access: bool) -> None:
    """Send every record of `level` and above to standard error in the form; requests if asked to."""
    handler = BoundedHandler()
    handler.setFormatter(FORMATS[form]())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    access.setLevel(logging.INFO if with_access else logging.CRITICAL)


def request_line(exchange: Exchange, answer: Answer, seconds: float) -> None:
    """The access log's line for one answered request (an `Observer`)."""
    facts = {
        **exchange.facts(),
        "status": answer.status,
        "ms": round(seconds * 1000, 3),
        "peer": exchange.request.peer,
    }
    if exchange.request.scheme:
        facts["scheme"] = exchange.request.scheme
    access.info("answered", extra={"facts": facts})


def _cut(text: str, most: int = VALUE) -> str:
    return text if len(text) <= most else f"{text[:most]}..."


def _middle_cut(text: str) -> str:
    """A traceback's beginning and its end, which say what was asked for and what went wrong."""
    if len(text) <= TRACEBACK:
        return text
    half = TRACEBACK // 2
    return f"{text[:half]}\n... {len(text) - TRACEBACK:,} characters ...\n{text[-half:]}"


def _printable(text: str) -> str:
    """The text on one line, without what steers a terminal, whatever a caller chose for a name."""
    return text if text.isprintable() else "".join(c if c.isprintable() else "_" for c in text)


def _word(text: str) -> str:
    """The same without blanks."""
    return _printable(text).replace(" ", "_")
