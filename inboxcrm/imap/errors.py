"""What can go wrong between us and an IMAP server, sorted by who must act."""

from __future__ import annotations

from datetime import timedelta

from inboxcrm.errors import MailboxFullError, PermanentError, TransientError, UserError


class ConnectionLostError(TransientError):
    """The connection ended, or can no longer be trusted; it is thrown away, never used again."""


class CommandTimeoutError(ConnectionLostError):
    """The server did not finish its answer within the deadline of the whole command."""


class ProtocolError(ConnectionLostError):
    """The server said something that is no IMAP; where one answer ends and the next begins is no longer known."""


class ServerByeError(ConnectionLostError):
    """The server said BYE; the message is its own text."""


class TokenExpiredError(ServerByeError):
    """The access token this connection was opened with has ended (Microsoft says so after an hour); another is had."""


class LiteralTooLargeError(ConnectionLostError):
    """The server announced more bytes than we are willing to hold; refused before a byte of them was read."""

    def __init__(self, size: int) -> None:
        super().__init__(f"the server announced a literal of {size} bytes")
        self.size = size


class ClosingError(ConnectionLostError):
    """We are closing: a wait was cut short."""


class CommandRefusedError(TransientError):
    """The server answered NO or BAD. `code` is the response code in brackets (RFC 5530), upper case, or None."""

    def __init__(self, command: str, *, status: str, code: str | None, text: str) -> None:
        super().__init__(f"{command}: {status} {text}")
        self.command = command
        self.status = status
        self.code = code
        self.text = text


class ThrottledError(CommandRefusedError):
    """The account was used more than the provider allows; everything of this account pauses."""


class BusyError(CommandRefusedError):
    """The folder or the server cannot answer now (INUSE, UNAVAILABLE, SERVERBUG)."""


class OverQuotaError(CommandRefusedError, MailboxFullError):
    """A copy found no room (RFC 9208 section 4.3.1)."""


class TooManyConnectionsError(CommandRefusedError):
    """The server allows no further connection of this account (LIMIT); not a failure of the login."""


class NotConnectedError(CommandRefusedError):
    """Microsoft's "User is authenticated but not connected": throttled, IMAP switched off, or the wrong scope."""


class FolderMissingError(PermanentError):
    """The folder is not there (any more)."""


class LoginRefusedError(UserError):
    """The server does not accept user and password."""


class CertificateError(UserError):
    """The server's certificate could not be verified."""


class InsecureConnectionError(UserError):
    """The connection cannot be protected as configured; nothing secret was sent."""


# RFC 5530 response codes, and what providers say without one.
_THROTTLED_CODES = frozenset({"THROTTLED", "OVERQUOTA"})
_THROTTLED_TEXTS = ("bandwidth limit", "exceeded command", "too many requests", "rate limit")
_LIMIT_TEXTS = ("too many", "maximum number of connections", "connection limit")
_BUSY_CODES = frozenset({"INUSE", "UNAVAILABLE", "SERVERBUG", "CONTACTADMIN"})
_LIMIT_PAUSE = timedelta(minutes=5)


def farewell(text: str) -> ServerByeError:
    """The typed error for a BYE."""
    return (TokenExpiredError if "accesstokenexpired" in text.lower() else ServerByeError)(text or "no reason given")


def refusal(command: str, *, status: str, code: str | None, text: str) -> CommandRefusedError:
    """The typed error for a NO or BAD: the response code decides first, the text second."""
    lower = text.lower()
    kind: type[CommandRefusedError] = CommandRefusedError
    if command == "APPEND":
        # it speaks of the mailbox here, not of us
        kind = OverQuotaError if code == "OVERQUOTA" else CommandRefusedError
    elif code in _THROTTLED_CODES or any(words in lower for words in _THROTTLED_TEXTS):
        kind = ThrottledError
    elif code == "LIMIT" or (code in {None, "ALERT"} and any(words in lower for words in _LIMIT_TEXTS)):
        kind = TooManyConnectionsError
    elif "authenticated but not connected" in lower:
        kind = NotConnectedError
    elif code in _BUSY_CODES:
        kind = BusyError
    error = kind(command, status=status, code=code, text=text)
    if isinstance(error, (TooManyConnectionsError, NotConnectedError)):
        error.retry_after = _LIMIT_PAUSE
    return error


def concerns_more(refusal: CommandRefusedError) -> bool:
    """Whether a NO is about the account, the folder or the server, and not about the messages that were asked for."""
    return refusal.code == "INUSE" or type(refusal) not in {CommandRefusedError, BusyError}
