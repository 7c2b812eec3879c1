"""The nouns of mail: what is known of one message once its bytes have been read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Address:
    """One mailbox of RFC 5322 section 3.4: a display name and an addr-spec.

    `name` is decoded and free of control and direction characters. `spec` is as it was written, `key` is what
    identities are compared by: ASCII lower case with an IDNA A-label domain, never compatibility-normalised (a
    full-width letter stays another person).
    """

    name: str
    spec: str
    key: str

    @property
    def local(self) -> str:
        """What stands before the last `@` of the key."""
        return self.key.rpartition("@")[0]

    @property
    def domain(self) -> str:
        """What stands behind the last `@` of the key; empty when there is none."""
        return self.key.rpartition("@")[2] if "@" in self.key else ""


@dataclass(frozen=True, slots=True)
class Part:
    """One leaf of the MIME tree. `path` is the IMAP section number ("1", "2.1"); `size` counts decoded octets."""

    path: str
    content_type: str
    filename: str | None
    disposition: str | None
    content_id: str | None
    charset: str | None
    method: str | None
    size: int

    @property
    def attached(self) -> bool:
        """Whether a reader lists this part beside the letter instead of showing it."""
        if self.disposition == "attachment" or self.content_type in ("message/rfc822", "message/global"):
            return True
        return self.filename is not None and self.content_type not in ("text/plain", "text/html")


@dataclass(frozen=True, slots=True)
class Message:
    """A mail as read: ugly mail has `defects`, never an exception.

    `headers` holds every field of the top-level header block in its order, names in lower case, values unfolded but
    not decoded. `date` is the Date field (aware) and is for display only; the time that counts is INTERNALDATE, which
    travels beside the message. `text` is the letter as text, from the HTML part when there is no other, with quotes.

    Certified mail (see `certified`) is an envelope of the provider round a person's letter: people, subject, text and
    ancestors are then those of the letter, headers and Message-ID those of the envelope, and `carried` is the letter.
    """

    headers: tuple[tuple[str, str], ...]
    message_id: str | None
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    from_: tuple[Address, ...]
    sender: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    subject: str
    date: datetime | None
    content_type: str
    parts: tuple[Part, ...]
    text: str
    html_only: bool
    size: int
    defects: tuple[str, ...]
    carried: Message | None = None

    @property
    def author(self) -> Address | None:
        """The one author, or None where From names nobody or several."""
        return self.from_[0] if len(self.from_) == 1 else None

    @property
    def ancestors(self) -> tuple[str, ...]:
        """The Message-IDs this mail says it answers, nearest first, without repeats (RFC 5322 section 3.6.4)."""
        return tuple(dict.fromkeys((*reversed(self.references), *self.in_reply_to)))

    @property
    def recipients(self) -> tuple[Address, ...]:
        """To and Cc."""
        return (*self.to, *self.cc)

    @property
    def attachments(self) -> tuple[Part, ...]:
        """The parts a reader would list as files."""
        return tuple(part for part in self.parts if part.attached)

    def all(self, name: str) -> Iterator[str]:
        """Every value of a header field, top to bottom; `name` in lower case."""
        return (value for field, value in self.headers if field == name)

    def first(self, name: str) -> str | None:
        """The topmost value of a header field; `name` in lower case."""
        return next(self.all(name), None)
