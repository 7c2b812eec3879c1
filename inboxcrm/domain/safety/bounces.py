"""What a report tells: which mail it is about, whom that did not reach, and whether for good.

Facts only. A report counts when it quotes a Message-ID that we made; whether it did is for the caller to look up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from inboxcrm.domain.address import parse_addresses
from inboxcrm.domain.identifiers import message_ids
from inboxcrm.domain.message import Message
from inboxcrm.domain.safety.phrases import normalised

_READ_AT_MOST = 200_000
_HEADERS_END = re.compile(rb"\r?\n\r?\n")
_FIELD = re.compile(
    r"^[>|\t ]{0,10}(final-recipient|original-recipient|action|status|diagnostic-code|disposition|feedback-type"
    r"|message-id|original-message-id)[ \t]*:[ \t]*([^\r\n]{1,998}(?:\r?\n[ \t]{1,80}[^\r\n]{1,998}){0,3})",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"(?:^|[\s<(\[#:'\"])([45]\d\d)[ -]", re.MULTILINE)
_ADDRESS = re.compile(r"[A-Za-z0-9!#$&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_RETURNED = re.compile(r"^[>|\t ]{0,10}(?:received|return-path|message-id|from|date):", re.IGNORECASE | re.MULTILINE)
_TEMPORARY = re.compile(
    r"\b(?:delayed|will (?:be retried|keep trying)|not yet been delivered|still undelivered|temporary)\b"
)


class ReportKind(StrEnum):
    """What a report says of the mail it is about."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    READ = "read"
    COMPLAINT = "complaint"


@dataclass(frozen=True, slots=True)
class Failure:
    """One recipient a mail did not reach. `status` is the enhanced code of RFC 3463, "" where none is given."""

    address: str
    status: str
    permanent: bool
    diagnostic: str


@dataclass(frozen=True, slots=True)
class Report:
    """`quoted_ids` are the Message-IDs the report names, its own aside; at most 50, nearest the top first."""

    kind: ReportKind
    failures: tuple[Failure, ...]
    quoted_ids: tuple[str, ...]


def read_report(message: Message, raw: bytes) -> Report:
    """The facts of a mail that the gate called a report or bounce; the machine-readable fields first (RFC 3464)."""
    text = _body(raw) + "\n" + message.text[:_READ_AT_MOST]
    fields = [(name.lower(), " ".join(value.split())) for name, value in _FIELD.findall(text)]
    named = {name for name, _ in fields}
    failures = _structured(fields) or _told(message)
    if "feedback-type" in named:
        kind = ReportKind.COMPLAINT
    elif "disposition" in named and "final-recipient" in named and "status" not in named:
        kind = ReportKind.READ
    else:
        kind = _kind(fields, message)
    ids = [one for name, value in fields if name.endswith("message-id") for one in message_ids(value)]
    ids += [*message.in_reply_to, *reversed(message.references)]
    quoted = tuple(dict.fromkeys(one for one in ids if one != message.message_id))[:50]
    undone = kind in (ReportKind.FAILED, ReportKind.DELAYED)
    return Report(kind, failures if undone else (), quoted)


def _body(raw: bytes) -> str:
    match = _HEADERS_END.search(raw)
    start = match.end() if match else len(raw)
    return raw[start : start + _READ_AT_MOST].decode("latin-1")


def _structured(fields: list[tuple[str, str]]) -> tuple[Failure, ...]:
    """One failure for each Final-Recipient group whose action is no success."""
    found: dict[str, Failure] = {}
    group: dict[str, str] = {}
    for name, value in [*fields, ("final-recipient", "")]:
        if name == "final-recipient":
            failure = _failure(group)
            if failure is not None:
                found.setdefault(failure.address, failure)
            group = {}
        group.setdefault(name, value)
    return tuple(found.values())


def _failure(group: dict[str, str]) -> Failure | None:
    recipient = group.get("final-recipient", "").rpartition(";")[2].strip(" <>")
    action = group.get("action", "failed").split(" ")[0].lower()
    addresses = parse_addresses(recipient).addresses
    if not addresses or action not in ("failed", "delayed"):
        return None
    code = _STATUS.search(group.get("status", "")) or _STATUS.search(group.get("diagnostic-code", ""))
    status = code[1] if code else ""
    permanent = action == "failed" and not status.startswith("4")
    return Failure(addresses[0].key, status, permanent, group.get("diagnostic-code", "")[:500])


def _told(message: Message) -> tuple[Failure, ...]:
    """The same from prose: X-Failed-Recipients, else the addresses in the first lines, with the code that is given."""
    head = message.text[:3_000]
    returned = _RETURNED.search(head)
    head = head[: returned.start()] if returned else head
    named = [one for value in message.all("x-failed-recipients") for one in parse_addresses(value).addresses]
    own = {address.key for address in (*message.to, *message.from_)}
    keys = [one.key for one in named] or [one.lower() for one in _ADDRESS.findall(head) if one.lower() not in own]
    code = _STATUS.search(head)
    reply = _REPLY.search(head)
    status = code[1] if code else ""
    first = status[:1] or (reply[1][:1] if reply else "")
    temporary = first == "4" or (not first and _TEMPORARY.search(normalised(head)) is not None)
    return tuple(Failure(key, status, not temporary, "") for key in dict.fromkeys(keys[:20]))


def _kind(fields: list[tuple[str, str]], message: Message) -> ReportKind:
    actions = {value.split(" ")[0].lower() for name, value in fields if name == "action"}
    if "failed" in actions:
        return ReportKind.FAILED
    if "delayed" in actions:
        return ReportKind.DELAYED
    if actions & {"delivered", "relayed", "expanded"}:
        return ReportKind.DELIVERED
    told = _told(message)
    return ReportKind.DELAYED if told and not any(one.permanent for one in told) else ReportKind.FAILED
