"""The edges a test replaces: the mailbox, the transport, the clock, and the ways by which word reaches the owner."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from inboxcrm.spool import Spool


class Clock(Protocol):
    """The wall clock (aware, UTC) and a counter that never goes back (seconds)."""

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...


def _nobody_minds() -> None:
    """What a refusal comes to where nobody keeps the token."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """An access token in the place of a password (RFC 6750); it does not show itself.

    `refused` is called by whoever was refused with it, so that the next one asked for is another.
    """

    token: str = field(repr=False)
    refused: Callable[[], None] = field(default=_nobody_minds, repr=False, compare=False)


Credentials = Callable[[], str | Bearer]
"""What to log in with, a password or a token; asked on a thread for every log-in, so that nothing keeps it."""


class FolderRole(StrEnum):
    """What a folder is for (RFC 6154)."""

    INBOX = "inbox"
    SENT = "sent"
    ARCHIVE = "archive"
    DRAFTS = "drafts"
    JUNK = "junk"
    TRASH = "trash"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Position:
    """How far a folder has been read; committed together with the messages it covers.

    `uid_next`: every UID below it is accounted for from the top; `backfill_below`: while a first reading runs newest
    first, UIDs below it are still to come (None when it is complete). `baseline`: UIDs below it were there before the
    folder was first read, and are history (0 once it was renumbered: then the dates tell). `pending`: UIDs passed over
    because the server gave no body; they are asked for again. `checked_at`: when the folder was last known to be read
    to its end (None until the first reading is). `news_since`: what came after this instant and is not on record is
    news, wherever it lies: when the folder was first opened, or read to its end before it was renumbered.
    `listed_below`: what is still to come of a first reading is listed down to this UID (1: all of it; None: there is no
    list). `object_id`: the server's own number of the folder, which outlives a renaming (RFC 8474), if it has one.
    """

    uid_validity: int
    uid_next: int
    highest_modseq: int | None = None
    backfill_below: int | None = None
    baseline: int = 0
    pending: tuple[int, ...] = ()
    checked_at: datetime | None = None
    listed_below: int | None = None
    object_id: str | None = None
    news_since: datetime | None = None


CLOCKS_MAY_DIFFER = timedelta(minutes=10)
"""How much the clock of a mail server, by which mail was received, and ours may differ where both are right."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """One message as the server gave it. `received_at` is INTERNALDATE as an aware instant.

    `raw` is a Spool where the message is too large to be held. `complete` is False when `raw` is the header block only,
    because the message is larger than what is read. `server_id` is the server's own number of the message, the same in
    every folder; `sent`: the server says that the owner sent it.
    """

    uid: int
    received_at: datetime
    flags: frozenset[str]
    raw: bytes | Spool
    complete: bool = True
    server_id: str | None = None
    sent: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """What a folder's list says of a message whose octets have not come yet: to be shown, and no evidence of anything.

    `fields` are those lines of its header block that name its people, subject, date and id; `size` is in octets, as the
    server tells it.
    """

    uid: int
    received_at: datetime
    flags: frozenset[str]
    size: int
    fields: bytes


@dataclass(frozen=True, slots=True)
class Batch:
    """What one step of synchronising a folder brought, and where it leaves the folder.

    `live` arrivals came after the baseline and may be judged; others are history. `reset`: every UID on record is void
    (UIDVALIDITY changed), and `relinked` says where known messages are now, as (uid, Message-ID, size): nothing is
    fetched twice. `vanished` holds closed UID ranges. `remaining` counts what a first reading still has to bring.
    `quarantined` (uid, reason) could not be read so far; a later arrival with that UID settles it. `renamed_from`: the
    folder was on record under this name, and everything recorded of it holds under the new one. `located` (UID, server
    id, flags) are messages on record that lie here too, or moved here: nothing is fetched twice. `listed` are messages
    that a first reading will bring; with `unlisted` nothing that was listed of the folder holds any longer.
    """

    mailbox: str
    folder: str
    role: FolderRole
    position: Position
    arrivals: Sequence[Arrival] = ()
    live: bool = False
    flags: Sequence[tuple[int, frozenset[str]]] = ()
    vanished: Sequence[tuple[int, int]] = ()
    reset: bool = False
    remaining: int = 0
    quarantined: Sequence[tuple[int, str]] = ()
    relinked: Sequence[tuple[int, str, int]] = ()
    renamed_from: str | None = None
    located: Sequence[tuple[int, str, frozenset[str]]] = ()
    listed: Sequence[Listed] = ()
    unlisted: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took responsibility for the mail."""

    reply: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Nothing was sent; the same bytes may be tried later."""

    reply: str
    pause_all: bool = False


@dataclass(frozen=True, slots=True)
class Rejected:
    """The server refused this mail for good."""

    reply: str


@dataclass(frozen=True, slots=True)
class InDoubt:
    """The connection ended after the body had begun: it may or may not have been accepted."""

    reply: str


Delivery = Sent | Deferred | Rejected | InDoubt


class Transport(Protocol):
    """Hands one mail to a submission server."""

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        """Send the bytes as they are. `step` is awaited, and durable, before each SMTP step begins."""
        ...

    @property
    def warm(self) -> bool:
        """Whether a connection is open over which a mail would leave at once; asked from any thread."""
        ...

    async def close(self) -> None: ...


class Submission(Protocol):
    """A submission server that can be looked at."""

    async def look(self) -> datetime | None:
        """Log in, send nothing, and leave: when the server's certificate ends, where it showed one.

        UserError where the owner must act before anything can be sent (SignInNeededError where they must sign in, and
        nobody was called), TransientError where it may pass.
        """
        ...


class StepRecorder(Protocol):
    """Makes the SMTP step about to begin durable: "connect", "mail", "rcpt", "data", "body".

    A step told again, or one before the last told, takes "body" back: it has not begun after all.
    """

    async def __call__(self, step: str) -> None: ...


@dataclass(frozen=True, slots=True)
class Outgoing:
    """Finished bytes and their envelope. `envelope_from` is "" for the null reverse-path."""

    raw: bytes
    envelope_from: str
    recipient: str


class MailboxState(StrEnum):
    """`paused`: the provider wants less of us; `needs_user`: only the owner can help."""

    OFFLINE = "offline"
    CONNECTING = "connecting"
    WATCHING = "watching"
    WAITING = "waiting"
    PAUSED = "paused"
    NEEDS_USER = "needs_user"


@dataclass(frozen=True, slots=True)
class Taken:
    """Octets of old mail that were read of an account in the day that ends at `until`."""

    octets: int
    until: datetime


@dataclass(frozen=True, slots=True)
class MailboxStatus:
    """`last_checked_at`: INBOX was last known to be read to its end; `backlog`: messages a first reading still brings.

    `certificate_until`: when the certificate of the server ends, where it showed one. `missing_folders` are
    configured and not on the server, `watched_folders` are read (none before the server has listed what there is).
    `alert` is what the server wants the owner to be told (RFC 3501 section 7.1), as it came, until a day later it
    lets us in without. `taken` is told where the provider gives so much in a day only. `cause` says why the mailbox is
    not being watched, or what else went wrong last; it holds no secret.
    """

    state: MailboxState = MailboxState.OFFLINE
    cause: str | None = None
    last_checked_at: datetime | None = None
    last_mail_at: datetime | None = None
    next_attempt_at: datetime | None = None
    backlog: int = 0
    certificate_until: datetime | None = None
    missing_folders: tuple[str, ...] = ()
    watched_folders: tuple[str, ...] = ()
    alert: str | None = None
    taken: Taken | None = None


class Mailbox(Protocol):
    """One IMAP account, read-only but for filing a copy in Sent.

    Whoever reads one of its streams closes it (`aclosing`): a reader that fails, or is stopped, gives back what the
    stream holds then, and not when somebody clears away.
    """

    @property
    def status(self) -> MailboxStatus:
        """How it fares just now."""
        ...

    def watch(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        """Bring each folder up to date, newest first, then wait for news; reconnects by itself and never ends.

        Asking for the next batch says that the last one is committed; a batch whose consumer failed comes again.
        """
        ...

    def catch_up(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        """The same, once: ends when every watched folder is read; raises what stopped it."""
        ...

    def refresh_sent(self, known: KnownFolders) -> AsyncGenerator[Batch, None]:
        """What came into Sent since it was last read: asked before an acknowledgement is claimed."""
        ...

    async def find_sent(self, message_id: str) -> bool:
        """Whether Sent (or All Mail) holds a mail with this Message-ID."""
        ...

    async def file_sent(self, raw: bytes, sent_at: datetime) -> None:
        """Append a copy to Sent, marked seen, unless it is there already."""
        ...

    def try_again(self, *, let_in_at: datetime) -> None:
        """The owner was let in at that moment: where it waits for them since before, it is tried now."""
        ...

    async def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class LostFolder:
    """A folder on record that is no longer listed: it was deleted or renamed. `samples` are a few (UID, Message-ID)."""

    name: str
    position: Position
    samples: Sequence[tuple[int, str]]


class KnownFolders(Protocol):
    """What the store remembers of folders; asked by the mailbox before it reads."""

    async def position(self, mailbox: str, folder: str) -> Position | None: ...

    async def uids(self, mailbox: str, folder: str) -> Sequence[int]:
        """Every UID on record in this folder, ascending; quarantined ones included."""
        ...

    async def relink(self, mailbox: str, folder: str, message_ids: Sequence[tuple[int, str, int]]) -> Sequence[int]:
        """After a UIDVALIDITY reset: (uid, Message-ID, size) of what the server holds; answers the UIDs not known for
        certain.

        Only asks: the known ones come back in the `relinked` of the batch that says `reset`, to be linked with it.
        """
        ...

    async def newest(
        self, mailbox: str, folder: str, *, among: Sequence[int] | None = None
    ) -> Sequence[tuple[int, str | None, datetime]]:
        """The newest few messages of a folder, or of these in it: (uid, Message-ID, when it was received)."""
        ...

    async def by_server_id(self, mailbox: str, server_ids: Sequence[str]) -> frozenset[str]:
        """Of these numbers of the server, those of messages on record."""
        ...

    async def lost(self, mailbox: str, uid_validity: int, *, listed: frozenset[str]) -> Sequence[LostFolder]:
        """Folders on record with this UIDVALIDITY whose names are not among those the server lists."""
        ...

    async def followed(self, mailbox: str) -> Mapping[str, str]:
        """Folders that were renamed on the server: the name each had once, and the name it has on record now."""
        ...

    async def last_read(self, mailbox: str) -> tuple[datetime, datetime] | None:
        """When the mailbox was first seen, and when it was last known to be read; None where it never was."""
        ...

    async def wanted(self, mailbox: str) -> Sequence[tuple[str, int]]:
        """Of messages that are only listed, (folder, UID) of those that somebody waits for, the first wish first."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """Word to the owner, finished and safe to show: `title` is one line, `text` a few.

    `key` names what it is about, so that whoever receives it twice can tell; `kind` is a short word such as
    "urgent-mail".
    """

    key: str
    kind: str
    title: str
    text: str
    urgent: bool


class Notifier(Protocol):
    """One way to reach the owner that is not the watched mailbox."""

    async def tell(self, notice: Notice) -> None:
        """Hand the notice over. Ends in bounded time.

        TransientError where trying later may help, UserError where the owner must act first.
        """
        ...
