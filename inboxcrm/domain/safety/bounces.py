"""What a report tells: which mail it is about, whom that did not reach, and whether for good.

Facts only. A report counts when it quotes a Message-ID that we made; whether it did is for the caller to look up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from inboxcrm.domain.address import parse_addresses
from inboxcrm.domain.contents import written
from inboxcrm.domain.identifiers import message_ids
from inboxcrm.domain.message import Message
from inboxcrm.domain.refusals import about_amounts
from inboxcrm.domain.safety.phrases import normalised

_READ_AT_MOST = 200_000
_FIELD = re.compile(
    r"^[>|\t ]{0,10}(final-recipient|action|status|diagnostic-code|disposition|feedback-type"
    r"|message-id|original-message-id)[ \t]*:[ \t]*([^\r\n]{1,998}(?:\r?\n[ \t]{1,80}[^\r\n]{1,998}){0,3})",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS = re.compile(r"\b([245]\.\d{1,3}\.\d{1,3})\b")
_REPLY = re.compile(r"(?:^|[\s<(\[#:'\"])([45][0-5]\d)(?:[ -](?=[45]\.\d|[^\d\s])|(?=[#>:]))", re.MULTILINE)
"""A reply code of SMTP, with words or an enhanced code behind it: a telephone number has further figures."""
_ADDRESS = re.compile(r"[A-Za-z0-9!#$&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}")
_RETURNED = re.compile(r"^[>|\t ]{0,10}(?:received|return-path|message-id|from|date):", re.IGNORECASE | re.MULTILINE)
_TEMPORARY = re.compile(
    r"\b(?:delayed|will (?:be retried|retry|keep trying)|not yet been delivered|still undelivered|temporar(?:y|ily)"
    r"|warning message only|try again later|verzögert|wird (?:erneut|weiter) versucht|différée?"
    r"|reintentar|ritardat[oa])\b"
)
_FOR_GOOD = re.compile(
    r"\b(?:(?:user|recipient|address|mailbox|account)[^.\n]{0,60}"
    r"(?:unknown|invalid|not (?:found|exist|listed|known|valid)|does(?: not|n.t) have"
    r"|disabled|inactive|no longer|unavailable|rejected)"
    r"|(?:unknown|invalid|no such|bad) (?:user|recipient|address|mailbox|account|alias|person)"
    r"|not listed in|do(?:es)?(?: not|n.t) (?:exist|have an? )|no mailbox here|isn.t in my control"
    r"|permanent (?:and )?(?:fatal )?(?:error|failure)|permanently|given up|giving up|fatal errors?"
    r"|could ?n[o']t be delivered|cannot be delivered|not be delivered|was ?n[o']t delivered|not delivered to"
    r"|unable to deliver|unzustellbar|nicht zugestellt|konnte nicht|unbekannt|existiert nicht|n.a pas pu être"
    r"|inconnue?|desconocido|no existe|no se (?:pudo|ha podido) entregar|sconosciuto|inesistente"
    r"|non è stato possibile|desconhecid[oa]|não existe|onbekend|bestaat niet|存在しません|不明)"
    r"|delivery (?:to the following recipients? )?failed|did not reach|undeliverable|delivery failure"
)
"""What says, without any code, that it will not be tried again. Where neither is said nobody is marked."""

_NOT_THE_ADDRESS = re.compile(r"5\.(?:1\.(?:[78]|90)|2\.[23]|3\.[14]|4\.[57]|6\.\d+|7\.\d+)")
"""Our own address or what we may send, a full mailbox ("a persistent transient failure"), a mail too large, its
content, a policy, a time that ran out: none says that there is no such address (RFC 3463 sections 3.2 to 3.8)."""

_FULL = re.compile(
    r"(?:mailbox|inbox|mail box|account|quota|storage|postfach|boîte|buzón|casella|postvak|caixa)[^.\n]{0,40}"
    r"(?:\bfull|exceeded|exceeds|voll\b|überschritten|pleine|llen[oa]|pien[oa]|\bvol\b|chei[oa])"
    r"|over ?quota|exceeded (?:its |the )?(?:storage|quota)|out of storage"
    r"|insufficient (?:system )?storage"
)
_UNKNOWN = re.compile(
    r"(?:user|recipient|address|mailbox|account)[^.\n]{0,60}(?:unknown|not (?:found|exist)|does(?: not|n.t) exist)"
    r"|(?:unknown|invalid|no such) (?:user|recipient|address|mailbox|account)"
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
    """One recipient a mail did not reach. `status` is the enhanced code of RFC 3463, "" where none is given.

    `permanent` is whether the address is no good, not only whether this mail was given up.
    """

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
    text = written(raw, _READ_AT_MOST) + "\n" + message.text[:_READ_AT_MOST]
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
    diagnostic = group.get("diagnostic-code", "")[:500]
    permanent = action == "failed" and not status.startswith("4") and _is_the_address(status, normalised(diagnostic))
    return Failure(addresses[0].key, status, permanent, diagnostic)


def _is_the_address(status: str, words: str) -> bool:
    """Whether a failure for good says that the address is no good: for what is full or was refused it may be."""
    if _UNKNOWN.search(words):
        return True
    return _NOT_THE_ADDRESS.fullmatch(status) is None and _FULL.search(words) is None and not about_amounts(words)


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
    words = normalised(f"{message.subject}\n{head}")
    said = _FOR_GOOD.search(words) is not None and _TEMPORARY.search(words) is None
    permanent = (first == "5" if first else said) and _is_the_address(status, words)
    return tuple(Failure(key, status, permanent, "") for key in dict.fromkeys(keys[:20]))


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
