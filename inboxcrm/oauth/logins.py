"""What to log in to each mailbox with: its password, or a token of its sign-in."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path

from inboxcrm.config import MailboxConfig
from inboxcrm.oauth.source import TokenSource
from inboxcrm.passwords import Secret, read_password
from inboxcrm.ports import Bearer, Clock, Credentials


class Logins:
    """One source for everybody who logs in to a mailbox, so that a token is renewed once."""

    def __init__(self, mailboxes: Iterable[MailboxConfig], home: Path, clock: Clock) -> None:
        self._sources = {each.name: TokenSource(each, home, clock) for each in mailboxes if each.auth is not None}

    def of(self, mailbox: MailboxConfig) -> Credentials:
        """What is asked at each log-in, on a thread; raises InboxcrmError."""
        source = self._sources.get(mailbox.name)
        return source if source is not None else lambda: read_password(mailbox).reveal()

    def read(self, mailbox: MailboxConfig) -> Secret:
        """The same once, to see that it can be had."""
        credential = self.of(mailbox)()
        return Secret(credential.token if isinstance(credential, Bearer) else credential)

    def ends_at(self, mailbox: MailboxConfig) -> Callable[[], datetime | None]:
        """Says when the owner must have signed in again, as far as it is known."""
        source = self._sources.get(mailbox.name)
        return lambda: source.ends_at if source is not None else None
