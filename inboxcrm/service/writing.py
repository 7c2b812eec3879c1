"""The owner's own words: in the place of a draft's, or as the answer to a mail. They wait for the owner's key."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.message import Address
from inboxcrm.domain.mime import parse
from inboxcrm.domain.outbox import OutboxState, OwnerMail
from inboxcrm.domain.plan import Silence
from inboxcrm.errors import UserError
from inboxcrm.render import UndeliverableError, UnsafeMailError
from inboxcrm.service import drafting
from inboxcrm.service.household import Household
from inboxcrm.service.meant import NotFoundError, message_of
from inboxcrm.store import home, outbox, views

MOST_NAMED = 3
"""Of several others on a mail."""

BY_HAND = "by-hand"
"""Stands where other mail in the outbox has the name of its template."""


@dataclass(frozen=True, slots=True)
class Words:
    """What a mail says: one line of subject, and the text."""

    subject: str
    text: str


def of_draft(household: Household, item_id: int) -> Words:
    """What a draft says now. UserError where it is none whose words the owner may change."""
    with household.database.read() as connection:
        _draft(connection, item_id)
        row = views.outbox_item(connection, item_id)
    assert row is not None
    return Words(row.subject, row.text)


def reword(household: Household, item_id: int, words: Words) -> None:
    """Let a draft say this; it goes on waiting for the owner's key. UserError where it may not be changed, or says
    nothing.
    """
    _something(household, words)
    now = household.clock.now()
    with household.database.write() as connection:
        item = _draft(connection, item_id)
        before = parse(item.raw)
        mail = OwnerMail(
            to=before.to[0],
            alias=before.from_[0].spec,
            subject=words.subject,
            text=words.text,
            in_reply_to=next(iter(before.in_reply_to), None),
            references=before.references,
            dedupe_key=outbox.dedupe_key(connection, item_id),
            language=before.first("content-language"),
        )
        with _refused_in_words():
            made = drafting.composed(household, mail, now=now)
        outbox.reword(connection, item_id, made)
        home.journal(connection, "reworded", f"item {item_id}", {"subject": words.subject}, now=now)


def answer_to(household: Household, reference: str) -> Words:
    """What an answer begins with: the subject, the owner's signature, and their letter, quoted.

    UserError where there is nobody to answer.
    """
    row_id = message_of(household, reference)
    with household.database.read() as connection:
        told = _told(household, connection, row_id)
        text = views.text(connection, row_id)
    subject = told.message.subject
    quoted = "\n".join(f"> {line}".rstrip() for line in text.rstrip().splitlines())
    signature = household.config.owner.signature
    below = f"\n\n{signature}" if signature else ""
    return Words(subject if subject.lower().startswith("re:") else f"Re: {subject}", f"{below}\n\n{quoted}\n")


def reaches(household: Household, reference: str) -> str:
    """Whom an answer goes to, and who had the mail too, or wants answers elsewhere, and gets none. As `answer_to`."""
    row_id = message_of(household, reference)
    with household.database.read() as connection:
        told = _told(household, connection, row_id)
    also = [each for each in told.message.recipients if not household.is_own(each.key) and each.key != told.to.key]
    asked = [each for each in told.message.reply_to if told.theirs and each.key != told.to.key]
    sentences = [f"To {told.to.spec} alone." if also or asked else f"To {told.to.spec}."]
    if also:
        sentences.append(f"Not to {_listed(also)}, who had the mail too.")
    if asked:
        sentences.append(f"They ask for answers at {_listed(asked)}.")
    if also or asked:
        sentences.append("Your mail program reaches them.")
    return " ".join(sentences)


def _listed(addresses: Sequence[Address]) -> str:
    named = [each.spec for each in addresses[:MOST_NAMED]]
    more = len(addresses) - len(named)
    return ", ".join(named) + (f" and {more} more" if more else "")


def answer(household: Household, reference: str, words: Words) -> int:
    """Lay an answer into the outbox, where it waits for the owner's key; answers its item. UserError as `answer_to`."""
    _something(household, words)
    row_id = message_of(household, reference)
    now = household.clock.now()
    with household.database.write() as connection:
        item_id = lay(household, connection, row_id, words, now=now)
        home.journal(connection, "answer-written", f"item {item_id}", {"message": row_id}, now=now)
    return item_id


def lay(household: Household, connection: sqlite3.Connection, row_id: int, words: Words, *, now: datetime) -> int:
    """The same inside a transaction, by the message's row."""
    told = _told(household, connection, row_id)
    key = f"{BY_HAND}:{row_id}:{now.isoformat()}"
    mail = OwnerMail(
        to=told.to,
        alias=told.alias,
        subject=words.subject,
        text=words.text,
        in_reply_to=told.message.message_id,
        references=told.message.references,
        dedupe_key=key,
    )
    with _refused_in_words():
        return drafting.enter(
            household,
            connection,
            told,
            mail,
            template=BY_HAND,
            matter_id=told.matter_id,
            now=now,
            expires_at=now + drafting.GOOD_FOR,
        )


def _draft(connection: sqlite3.Connection, item_id: int) -> outbox.Item:
    item = outbox.by_id(connection, item_id)
    if item is None:
        raise NotFoundError(f"no item {item_id} in the outbox. See: inboxcrm outbox")
    if item.kind != "owner":
        raise UserError(
            f"item {item_id} is the machine's own mail, and says what its template says. Change that: "
            f"inboxcrm templates edit {item.template}"
        )
    if item.state is not OutboxState.AWAITING:
        raise UserError(f"item {item_id} is {item.state}: only a draft that waits for your key can be changed")
    return item


def _told(household: Household, connection: sqlite3.Connection, row_id: int) -> drafting.About:
    told = drafting.about(household, connection, row_id)
    if isinstance(told, Silence):
        raise UserError(f"this cannot be answered here: {told.because}")
    if told.mailbox_id is None:
        raise UserError("this cannot be answered here: the mail lies in no mailbox any more")
    return told


def _something(household: Household, words: Words) -> None:
    signature = {line.strip() for line in household.config.owner.signature.splitlines()}
    own = [
        line for line in words.text.splitlines()
        if line.strip() and not line.startswith(">") and line.strip() not in signature
    ]  # fmt: skip
    if not own:
        raise UserError("there is no word of yours in it yet")
    if not words.subject.strip():
        raise UserError("give it a subject")


@contextmanager
def _refused_in_words() -> Iterator[None]:
    try:
        yield
    except (UndeliverableError, UnsafeMailError) as error:
        raise UserError(f"this mail cannot be sent: {error}") from error
