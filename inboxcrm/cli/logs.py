"""How the log is written: an event with fields on each line; never a body, never a password."""

from __future__ import annotations

import json
import logging
import sys
from typing import TextIO

_OWN = frozenset(logging.LogRecord("", 0, "", 0, "", None, None).__dict__) | {"message", "asctime", "taskName"}


def _fields(record: logging.LogRecord) -> dict[str, object]:
    return {name: value for name, value in record.__dict__.items() if name not in _OWN}


class TextFormatter(logging.Formatter):
    """`2026-03-27T16:30:00 INFO outbox.attempt item=3 outcome=sent`; values are quoted, so no line can be forged."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        fields = " ".join(f"{name}={json.dumps(value, default=str)}" for name, value in _fields(record).items())
        line = f"{self.formatTime(record, '%Y-%m-%dT%H:%M:%S')} {record.levelname} {_event(record)} {fields}".rstrip()
        return f"{line}\n{self.formatException(record.exc_info)}" if record.exc_info else line


class JsonFormatter(logging.Formatter):
    """One JSON object on each line."""

    def format(self, record: logging.LogRecord) -> str:
        """One record as one line."""
        line = {"at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"), "level": record.levelname.lower()}
        fields = {**line, "event": _event(record), **_fields(record)}
        if record.exc_info:
            fields["traceback"] = self.formatException(record.exc_info)
        return json.dumps(fields, default=str)


def _event(record: logging.LogRecord) -> str:
    return record.getMessage().replace("\r", " ").replace("\n", " ")


class _Handler(logging.StreamHandler[TextIO]):
    """Writes where stderr is at that moment: above a progress bar while one is shown, not into its line."""

    @property
    def stream(self) -> TextIO:
        """The present stderr."""
        return sys.stderr

    @stream.setter
    def stream(self, stream: TextIO) -> None:
        """The one of the start is not kept."""


def start(form: str, level: str) -> None:
    """Write our own loggers to stderr as "text" or "json"; other libraries only from warnings up."""
    handler = _Handler()
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("inboxcrm").setLevel(level.upper())
    logging.getLogger("mail.log").setLevel(logging.WARNING)
