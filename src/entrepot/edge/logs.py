"""Log lines for people or for programs, and a line for each request; knows no setting and no secret."""

from __future__ import annotations

import logging
from datetime import UTC, datetime

import msgspec

from entrepot.dialect.operation import Exchange
from entrepot.dialect.request import Answer

access = logging.getLogger("entrepot.access")


class Console(logging.Formatter):
    """One line a record, its facts as name=value, a traceback below it where there is one."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:
        """The line without the traceback."""
        facts: dict[str, object] = getattr(record, "facts", {})
        pairs = (f" {name}={_plain(str(value))}" for name, value in facts.items())
        return super().formatMessage(record) + "".join(pairs)


class Json(logging.Formatter):
    """One JSON object a line: time, level, logger, message, the record's facts, error."""

    def format(self, record: logging.LogRecord) -> str:
        """The object as text."""
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **getattr(record, "facts", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return msgspec.json.encode(line, enc_hook=str).decode()


FORMATS: dict[str, type[logging.Formatter]] = {"console": Console, "json": Json}


def configure(level: str, form: str, with_access: bool) -> None:
    """Send every record of `level` and above to standard error in the form; requests if asked to."""
    handler = logging.StreamHandler()
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


def _plain(text: str) -> str:
    """The text on one line and without blanks, whatever a caller chose for a name."""
    return "".join(c if c.isprintable() and c != " " else "_" for c in text)
