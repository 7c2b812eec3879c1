"""What of a mailbox ends on a known day: a server's certificate, a sign-in. Said ahead, once, until it is renewed."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.service.household import Household
from inboxcrm.service.notify import Word, tell
from inboxcrm.store import home

CERTIFICATE = "certificate-expires"
SENDING_CERTIFICATE = "sending-certificate-expires"
SIGN_IN = "sign-in-ends"

_CERTIFICATE_AHEAD = timedelta(days=14)
_SIGN_IN_AHEAD = timedelta(days=3)
"""Some providers give a week, and some keep a sign-in alive by minutes as long as it is used."""


@dataclass(frozen=True, slots=True)
class Ending:
    """One thing that ends. `ahead`: how long before that it is spoken of; `text` is the sentence, with {day} in it."""

    kind: str
    until: datetime | None
    ahead: timedelta
    text: str


def certificate(until: datetime | None) -> Ending:
    """That of the server mail is read from."""
    text = "the certificate of its server ends on {day}; after that it cannot be read"
    return Ending(CERTIFICATE, until, _CERTIFICATE_AHEAD, text)


def sending_certificate(until: datetime | None) -> Ending:
    """That of the server mail is sent through."""
    text = "the certificate of its submission server ends on {day}; after that nothing can be sent"
    return Ending(SENDING_CERTIFICATE, until, _CERTIFICATE_AHEAD, text)


def sign_in(mailbox: str, until: datetime | None) -> Ending:
    """The owner's sign-in to a mailbox."""
    return Ending(
        SIGN_IN, until, _SIGN_IN_AHEAD, f"your sign-in ends on {{day}}. To renew it type: inboxcrm sign-in {mailbox}"
    )


class Endings:
    """Says what ends; remembers what it `said` as long as the process runs."""

    def __init__(self, household: Household) -> None:
        self._household = household
        self._said: dict[tuple[str, str], tuple[datetime | None, bool]] = {}

    def to_say(self, name: str, ending: Ending, now: datetime) -> bool:
        """Whether something about a mailbox's ending is to be said, or taken back."""
        return self._said.get((name, ending.kind), (None, False)) != (ending.until, _is_near(ending, now))

    def say(self, connection: sqlite3.Connection, name: str, ending: Ending, now: datetime) -> None:
        """Raise the alarm and tell the owner when it is near, clear it when renewed. `now` is by its own clock."""
        own = self._household.clock.now()
        home.clear_alarms_about(connection, ending.kind, f"{name}:", now=own)
        if not _is_near(ending, now) or ending.until is None:
            return
        text = ending.text.format(day=f"{ending.until:%d %B %Y}")
        home.raise_alarm(connection, ending.kind, f"{name}: {text}", now=own)
        word = Word(f"{ending.kind}:{name}:{ending.until:%Y-%m-%d}", ending.kind, f"Mailbox {name}: {text}")
        tell(self._household, connection, word, now=own)

    def said(self, name: str, ending: Ending, now: datetime) -> None:
        """What `say` did is committed."""
        self._said[name, ending.kind] = (ending.until, _is_near(ending, now))


def _is_near(ending: Ending, now: datetime) -> bool:
    return ending.until is not None and ending.until - now <= ending.ahead
