"""Keeps those who were erased from coming back with old mail: read again from the server, or imported."""

from __future__ import annotations

from dataclasses import dataclass

from inboxcrm.domain.erasure import Fate, fate
from inboxcrm.service.file import Filing
from inboxcrm.store import erased_people, messages, tombstones
from inboxcrm.store.erasure import Erasing


@dataclass(frozen=True, slots=True)
class Erased:
    """What of a mail on its way in was erased: all of it, or the people under `keys`."""

    whole: bool = False
    keys: frozenset[str] = frozenset()


NOTHING = Erased()


def looked_up(filing: Filing) -> Erased:
    """What of a mail was erased. A mail that is known by its Message-ID is; of other old mail the people decide.

    What arrives is never kept out for its people: somebody who was erased may write anew, and is a stranger then.
    """
    connection, secret, message = filing.connection, filing.household.secret, filing.message
    if not filing.register.anybody_erased():
        return NOTHING
    if tombstones.message_erased(connection, secret, message.message_id):
        return Erased(whole=True)
    if filing.origin == "live":
        return NOTHING
    author = None if message.author is None else message.author.key
    people = {address.key for address in (*message.from_, *message.recipients)}
    gone = tombstones.erased_addresses(connection, secret, people, received_at=filing.received_at)
    own = {key for key in people if filing.household.is_own(key)}
    what = fate(author=author, people=people, erased=gone, own=own)
    return Erased(whole=what is Fate.ERASED, keys=gone)


def husk(filing: Filing) -> int:
    """Enter of an erased mail only that it is known; answers its row."""
    return messages.insert_husk(filing.connection, filing.fingerprint, filing.origin, filing.received_at, at=filing.now)


def take_out(filing: Filing, row_id: int, erased: Erased) -> None:
    """Take the erased people out of a mail of others that was just filed."""
    message = filing.message
    specs = {each.spec for each in (*message.from_, *message.recipients) if each.key in erased.keys}
    erasing = Erasing(filing.connection, filing.now)
    erasing.redact_message(row_id, erased.keys, specs | erased.keys, contact_id=None)
    erased_people.leave_matters(erasing, erased.keys)
