"""What a mailbox offers, for the owner to see before anything is watched: login, folders, sample headers."""

from __future__ import annotations

from dataclasses import dataclass

from inboxcrm.config import MailboxConfig
from inboxcrm.errors import TransientError, UserError
from inboxcrm.imap import responses
from inboxcrm.imap.connection import Connection, connect
from inboxcrm.imap.errors import CommandRefusedError, FolderMissingError, ProtocolError, TooManyConnectionsError
from inboxcrm.imap.folders import choose, role_of
from inboxcrm.imap.link import Link
from inboxcrm.imap.names import folder_name
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.responses import Untagged
from inboxcrm.imap.uids import sequence_set
from inboxcrm.ports import Credentials, FolderRole


class MailboxUnreachableError(UserError):
    """The mailbox could not be looked at; the message says what to check."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What was found. `header_blocks` are those of the newest mail in INBOX, newest first, as the server gave them.

    `missing` are folders named in config.toml that are not on the server; `sent` is None where none was found. `full`
    is the part of the mailbox's room that is taken, of 1; None where the server does not tell or sets no bound.
    """

    capabilities: frozenset[str]
    idle: bool
    folders: tuple[tuple[str, FolderRole], ...]
    sent: str | None
    missing: tuple[str, ...]
    inbox_count: int
    header_blocks: tuple[bytes, ...]
    full: float | None


async def probe(
    config: MailboxConfig, password: Credentials, *, newest: int = 20, limits: Limits | None = None
) -> ProbeReport:
    """Log in, look around, log out; nothing on the server changes.

    Raises UserError (LoginRefusedError, CertificateError, InsecureConnectionError, MailboxUnreachableError) with what
    happened, where, and what to type next.
    """
    link = Link(lambda waker: connect(config, password, waker, limits))
    try:
        return await link.run(lambda connection: _look(connection, config, newest))
    except TooManyConnectionsError as error:
        raise MailboxUnreachableError(
            f"{config.imap.host}: the server allows no further connection for {config.user} ({error.text}). "
            "Close other mail programs or wait five minutes, then run `inboxcrm doctor`."
        ) from error
    except FolderMissingError as error:
        raise MailboxUnreachableError(
            f"{config.imap.host}: {config.user} has no INBOX ({error}). Check `user` of this mailbox in config.toml."
        ) from error
    except TransientError as error:
        said = str(error).rstrip("?.") + ("?" if str(error).endswith("?") else ".")
        raise MailboxUnreachableError(
            f"{said} Check `host`, `port` and `security` of mailbox {config.name!r} in config.toml and the network, "
            "then run `inboxcrm doctor`."
        ) from error
    finally:
        await link.close(politely=True)


def _look(connection: Connection, config: MailboxConfig, newest: int) -> ProbeReport:
    listed = connection.list_all()
    choice = choose(listed, config.folders)
    opened = connection.examine("INBOX")
    uids = connection.search_uids(b"ALL")[-newest:] if opened.exists and newest else []
    found = connection.fetch_set(sequence_set(uids), "(UID BODY.PEEK[HEADER])") if uids else []
    found.sort(key=lambda one: one.uid or 0, reverse=True)
    blocks = tuple(block for one in found if (block := one.sections.get("BODY[HEADER]")) is not None)
    return ProbeReport(
        connection.capabilities_known,
        connection.has("IDLE"),
        tuple((one.name, role_of(one)) for one in listed),
        choice.sent,
        choice.missing,
        opened.exists,
        blocks,
        _full(connection) if connection.has("QUOTA") else None,
    )


def _full(connection: Connection) -> float | None:
    """By the fullest bound of INBOX: of its octets or of its messages (RFC 9208 sections 4.2.2 and 5)."""
    taken: list[float] = []

    def take(response: Untagged) -> bool:
        if response.name == "QUOTA":
            for told in responses.tokens(response.rest, response.literals):
                bounds = told if isinstance(told, list) else []
                for used, bound in zip(bounds[1::3], bounds[2::3], strict=False):
                    if limit := responses.number(bound):
                        taken.append(responses.number(used) / limit)
        return response.name in {"QUOTA", "QUOTAROOT"}

    try:
        connection.command("GETQUOTAROOT", folder_name("INBOX"), take=take)
    except (CommandRefusedError, ProtocolError):
        return None
    return max(taken, default=None)
