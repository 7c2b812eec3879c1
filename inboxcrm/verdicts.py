"""Judges mail files without a mailbox: bytes and a few options in, the gate's verdict out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.address import base_key
from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import History, Settings, Verdict, judge


@dataclass(frozen=True, slots=True)
class Options:
    """What is known about a mail file. `sent_ids` are Message-IDs of mails the owner sent by hand, brackets or not.

    `automatic_ids` are those of automatic mails of ours. `known` are addresses of known contacts.
    """

    me: tuple[str, ...]
    authserv_ids: tuple[str, ...] = ()
    borders: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    sent_ids: tuple[str, ...] = ()
    automatic_ids: tuple[str, ...] = ()


def judge_bytes(raw: bytes, options: Options, *, now: datetime, settings: Settings | None = None) -> Verdict:
    """The verdict on one mail; rows of state are passed over. `settings` add to the options and come first."""
    message = parse(raw)
    return judge(
        message,
        history=_history(message, options),
        settings=settings or _settings(options),
        now=now,
        circumstances=None,
    )


def as_json(file: str, verdict: Verdict) -> Mapping[str, object]:
    """The line `inboxcrm verdict --json` prints for one file."""
    return {
        "file": file,
        "verdict": verdict.outcome.value,
        "class": verdict.mail_class.value,
        "reasons": list(verdict.reasons),
    }


def _settings(options: Options) -> Settings:
    return Settings(own_addresses=options.me, trusted_authserv_ids=options.authserv_ids, border_hosts=options.borders)


def _history(message: Message, options: Options) -> History:
    known = {base_key(address) for address in options.known}
    sent = frozenset(_bracketed(one) for one in options.sent_ids)
    automatic = frozenset(_bracketed(one) for one in options.automatic_ids)
    ancestors = frozenset(message.ancestors)
    author = message.author
    return History(
        known=author is not None and base_key(author.key) in known,
        answered_ids=sent & ancestors,
        automatic_ids=automatic & ancestors,
        sent_ids=sent | automatic,
    )


def _bracketed(message_id: str) -> str:
    return f"<{message_id.strip().strip('<>')}>"
