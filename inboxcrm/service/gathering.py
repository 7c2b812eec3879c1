"""What bears on the gate's question about one mail: asked of the store before the mail is judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inboxcrm.config import MailboxConfig
from inboxcrm.domain.dedupe import SENT_AGAIN_WITHIN, content_key, identity_key
from inboxcrm.domain.identifiers import message_ids
from inboxcrm.domain.message import Message
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.domain.reply_safety import Circumstances, History, Settings
from inboxcrm.ports import CLOCKS_MAY_DIFFER, Batch, FolderRole
from inboxcrm.service import file
from inboxcrm.service.faults import CLOCK_SLACK
from inboxcrm.service.file import Filing
from inboxcrm.store import answers, ledger_keys, messages

QUOTED_WITHIN = 20_000
"""How much of a letter is searched for Message-IDs of ours, in characters."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What bears on the gate's question about one mail."""

    settings: Settings
    history: History
    circumstances: Circumstances
    answer: tuple[int, datetime] | None


def gather(filing: Filing, mailbox: MailboxConfig, batch: Batch, *, read_at: datetime | None) -> Gathered:
    """Ask the store everything the gate wants to know. `read_at`: when the folder had last been read to its end.

    Mail that was there before is stopped by row A2 or A3, whatever the rows of state below them would say; they are
    not asked, and only what bears on the class of the mail is gathered for it.
    """
    register, message = filing.register, filing.message
    author = message.author
    ancestors = message.ancestors[: file.IDS_LOOKED_AT]
    entry = register.entry(author.key) if author is not None else None
    answer = _answer(filing) if batch.live else None
    history = History(
        known=entry is not None and entry.known,
        answered_ids=register.sent_by_hand_to(ancestors, author.key) if author else frozenset(),
        automatic_ids=register.automatic_among(ancestors),
        sent_ids=register.sent_at_all((*ancestors, *quoted_ids(message))),
        duplicate=batch.live and _duplicate(filing),
    )
    circumstances = Circumstances(
        received_at=filing.received_at,
        clock_plausible=_clock_plausible(filing),
        first_sync=not batch.live and not batch.reset,
        rebaseline=batch.reset and not batch.live,
        answered=answer is not None,
        folder_role=batch.role.value,
        flags=_flags(filing, batch) if batch.live else frozenset(),
        put_here=_was_put_here(filing, batch, read_at),
    )
    return Gathered(filing.household.settings(mailbox), history, circumstances, answer)


def quoted_ids(message: Message) -> tuple[str, ...]:
    """The Message-IDs that stand in the words of a mail: a bounce names the mail that came back."""
    return message_ids(message.text[:QUOTED_WITHIN])[: file.IDS_LOOKED_AT]


def _answer(filing: Filing) -> tuple[int, datetime] | None:
    """The owner's mail that answered this one before it was read here, and when; never before it was received.

    What cites a Message-ID was written later, whatever the clock of the program says that put it into Sent; where a
    second mail comes under the same id, the clocks must tell.
    """
    connection, message = filing.connection, filing.message
    author, message_id, received_at = message.author, message.message_id, filing.received_at
    if author is None:
        return None
    answer = None
    if message_id is not None:
        client = answers.Asker(author.key, file.organisation_of(filing, author))
        answer = answers.first_answer(connection, message_id, client=client, since=None)
        if answer is not None and answer[1] < received_at and messages.came_before(connection, message_id, author.key):
            answer = answers.first_answer(connection, message_id, client=client, since=received_at)
    subject_key = normalised_subject(message.subject)
    if answer is None and subject_key:
        answer = answers.first_under_subject(connection, subject_key, to=author.key, after=received_at)
    return None if answer is None else (answer[0], max(answer[1], received_at))


def _flags(filing: Filing, batch: Batch) -> frozenset[str]:
    return next((arrival.flags for arrival in batch.arrivals if arrival.raw is filing.raw), frozenset())


def _was_put_here(filing: Filing, batch: Batch, read_at: datetime | None) -> bool:
    """Whether it lies in INBOX and was not delivered there: what is moved keeps the time when it was received."""
    if read_at is None or not batch.live or batch.role is not FolderRole.INBOX:
        return False
    return filing.received_at < read_at - CLOCKS_MAY_DIFFER


def _duplicate(filing: Filing) -> bool:
    connection, message = filing.connection, filing.message
    since = filing.now - SENT_AGAIN_WITHIN
    if ledger_keys.was_decided(connection, identity_key(message), words=content_key(message), since=since):
        return True
    if message.message_id is None or message.author is None:
        return False
    return messages.came_before(connection, message.message_id, message.author.key)


def came_already(filing: Filing) -> bool:
    """Whether the very same words, of the same moment, came by another way: to a second address, through a list."""
    return filing.message.date is not None and ledger_keys.came_already(filing.connection, content_key(filing.message))


def _clock_plausible(filing: Filing) -> bool:
    last = filing.register.last_moment()
    return last is None or filing.now >= last - CLOCK_SLACK or _ran_ahead(filing)


def _ran_ahead(filing: Filing) -> bool:
    """Whether the clock is right now and had run ahead when the ledger was written, which is put right then.

    Two others must say so: the server, by when it received the mail, and the sender, by its date.
    """
    date = filing.message.date
    if date is None or any(abs(filing.now - at) > CLOCK_SLACK for at in (filing.received_at, date)):
        return False
    ledger_keys.bring_back(filing.connection, filing.now)
    return True
