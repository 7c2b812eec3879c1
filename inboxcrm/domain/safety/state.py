"""Rows A and B: is this the moment to answer anything, and is there one sender who could be answered?"""

from __future__ import annotations

import re
from datetime import timedelta

from inboxcrm.domain.address import mixed_script
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, ceiling, suppress
from inboxcrm.domain.safety.verdict import MailClass, Outcome, Reason

LONGEST_HEADERS = 256 * 1024
LONGEST_ADDRESS = 254
COPIED_AFTER = timedelta(days=7)

_QUIET_FOLDERS = frozenset({"sent", "drafts", "junk", "trash", "archive", "all"})
_ATEXT = r"[a-z0-9#$&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATEXT}(?:\.{_ATEXT})*")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DOMAIN = re.compile(rf"{_LABEL}(?:\.{_LABEL})+")
_NOWHERE = frozenset({"invalid", "localhost", "localdomain", "local"})
_HIDING = frozenset({"headers-too-long", "no-headers"})
_NOT_SINGLE = frozenset({"from-group", "from-route"})
_GUESSED = ("from-unquoted-comma", "from-no-address", "from-no-angle")


def unsafe(facts: Facts) -> Hit | None:
    """A1: without a ledger to write to, or with a clock that runs backwards, nothing is sent."""
    state = facts.circumstances
    if state is None or (state.ledger_writable and state.clock_plausible):
        return None
    return suppress(Reason.NOT_SAFE, "clock" if state.ledger_writable else "ledger", None)


def first_sync(facts: Facts) -> Hit | None:
    """A2: it was there before the mailbox was added."""
    state = facts.circumstances
    return suppress(Reason.FIRST_SYNC, "before the baseline", None) if state and state.first_sync else None


def rebaseline(facts: Facts) -> Hit | None:
    """A3: a folder was renumbered and nothing proves that this mail is new."""
    state = facts.circumstances
    return suppress(Reason.REBASELINE, "not newer than the last check", None) if state and state.rebaseline else None


def answered(facts: Facts) -> Hit | None:
    """A4: Sent holds an answer."""
    state = facts.circumstances
    return suppress(Reason.ANSWERED, "an answer in Sent", None) if state and state.answered else None


def stale(facts: Facts) -> Hit | None:
    """A5: received too long ago, or written long before it was received (copied, restored)."""
    state = facts.circumstances
    if state is None:
        return None
    if facts.now - state.received_at > facts.settings.max_delay:
        return suppress(Reason.STALE, f"received {state.received_at.isoformat()}", None)
    date = facts.message.date
    if date is not None and state.received_at - date > COPIED_AFTER:
        return suppress(Reason.STALE, f"dated {date.isoformat()}", None)
    return None


def folder(facts: Facts) -> Hit | None:
    """A6: the folder or a flag says that it is no fresh incoming mail."""
    state = facts.circumstances
    if state is None:
        return None
    flags = {flag.lstrip("\\$").casefold() for flag in state.flags}
    if state.folder_role.casefold() in _QUIET_FOLDERS:
        return suppress(Reason.FOLDER, state.folder_role, None)
    if "answered" in flags:
        return suppress(Reason.ANSWERED, "\\Answered", None)
    found = flags & {"draft", "deleted", "junk"}
    return suppress(Reason.FOLDER, ", ".join(sorted(found)), None) if found else None


def duplicate(facts: Facts) -> Hit | None:
    """A7: the ledger knows it."""
    return suppress(Reason.DUPLICATE, "known to the ledger", None) if facts.history.duplicate else None


def unparsable(facts: Facts) -> Hit | None:
    """B1: the header block is hidden or absurd."""
    hidden = _HIDING.intersection(facts.message.defects)
    size = sum(len(name) + len(value) for name, value in facts.message.headers)
    if hidden or size > LONGEST_HEADERS:
        return suppress(Reason.UNPARSABLE, ", ".join(sorted(hidden)) or f"{size} octets", MailClass.UNKNOWN)
    return None


def no_usable_sender(facts: Facts) -> Hit | None:
    """B2: From does not name exactly one mailbox that a mail can safely be sent to (RFC 5322 section 3.6.2)."""
    message = facts.message
    fields = facts.headers.get("from", [])
    if len(fields) != 1 or len(message.from_) != 1 or not _NOT_SINGLE.isdisjoint(message.defects):
        return suppress(Reason.NO_USABLE_SENDER, " | ".join(fields), None)
    sender = message.from_[0]
    local, _, domain = sender.key.rpartition("@")
    if not local.isascii() and _safe(local.encode("ascii", "replace").decode().replace("?", "x"), domain):
        if facts.settings.smtputf8 and not mixed_script(sender.spec):
            return None
        return suppress(Reason.UNDELIVERABLE, sender.spec, MailClass.UNKNOWN)
    if not _safe(local, domain) or len(sender.key) > LONGEST_ADDRESS or mixed_script(sender.spec):
        return suppress(Reason.NO_USABLE_SENDER, sender.spec, None)
    return None


def guessed_sender(facts: Facts) -> Hit | None:
    """B2: `Maier, Bernd <x@y>`: exactly one address could be recovered from a broken From."""
    found = [defect for defect in _GUESSED if defect in facts.message.defects]
    return ceiling(Reason.UNQUOTED_NAME, Outcome.ACK_MIN, ", ".join(found)) if found else None


def _safe(local: str, domain: str) -> bool:
    """A dot-atom without `%` and `!` at a name with a dot, in lower case, that may exist."""
    return (
        len(local) <= 64
        and "=?" not in local  # an encoded word (RFC 2047), which has no right to be there: each reader reads another
        and _LOCAL.fullmatch(local) is not None
        and _DOMAIN.fullmatch(domain) is not None
        and domain.rpartition(".")[2] not in _NOWHERE
        and not domain.rpartition(".")[2].isdigit()
    )
