"""When to try again after a failure, and whether a person must act first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from inboxcrm.errors import InboxcrmError, PermanentError, SignInNeededError, UserError
from inboxcrm.imap.errors import (
    BusyError,
    ClosingError,
    LoginRefusedError,
    NotConnectedError,
    ThrottledError,
    TokenExpiredError,
    TooManyConnectionsError,
)
from inboxcrm.ports import MailboxState

Chance = Callable[[float, float], float]
"""A number between two, as `random.uniform` gives it."""

_AGAIN = 0.2
_BASE = 2.0
_CAP = 300.0
_MINUTE = 60.0
_HOUR = 3600.0
_LOGIN_EVERY = 6 * _HOUR
_THROTTLED_FIRST = 15 * _MINUTE
_THROTTLED_LAST = 6 * _HOUR


WHOLE_ACCOUNT = (UserError, ThrottledError, NotConnectedError)
"""Failures after which no connection of the account may try."""


@dataclass(frozen=True, slots=True)
class Pause:
    """How long to wait. `whole_account`: nothing of this account may connect meanwhile, not only this connection."""

    seconds: float
    state: MailboxState
    whole_account: bool = False
    hint: str | None = None


@dataclass(slots=True)
class Failures:
    """What failed in a row; cleared when a connection proved itself."""

    lost: int = 0
    logins: int = 0
    throttled: int = 0
    busy: int = 0
    not_connected: int = 0

    def clear(self) -> None:
        """A connection lived long enough to be called good."""
        self.lost = self.logins = self.throttled = self.busy = self.not_connected = 0

    def pause_after(self, error: InboxcrmError, chance: Chance) -> Pause:
        """The response code decided the error's type; the type decides the pause. A login in six hours locks nobody."""
        match error:
            case LoginRefusedError():
                self.logins += 1
                if self.logins == 1:
                    return Pause(_MINUTE, MailboxState.WAITING, whole_account=True)
                return Pause(_LOGIN_EVERY, MailboxState.NEEDS_USER, whole_account=True)
            case SignInNeededError():  # nobody is asked: it is seen within a minute that the owner signed in
                return Pause(_MINUTE, MailboxState.NEEDS_USER, whole_account=True)
            case UserError():
                return Pause(_HOUR, MailboxState.NEEDS_USER, whole_account=True)
            case ThrottledError():
                self.throttled += 1
                seconds = min(_THROTTLED_LAST, _THROTTLED_FIRST * 2 ** min(self.throttled - 1, 10))
                return Pause(seconds, MailboxState.PAUSED, whole_account=True)
            case TooManyConnectionsError():
                return Pause(5 * _MINUTE, MailboxState.WAITING)
            case NotConnectedError():
                self.not_connected += 1
                hint = _NOT_CONNECTED if self.not_connected >= 3 else None
                return Pause(5 * _MINUTE, MailboxState.WAITING, whole_account=True, hint=hint)
            case TokenExpiredError() if self.lost == 0:
                self.lost += 1
                return Pause(_AGAIN, MailboxState.WAITING)
            case ClosingError():
                return Pause(_AGAIN, MailboxState.WAITING)
            case BusyError():
                self.busy += 1
                return Pause(30.0 if self.busy <= 2 else 5 * _MINUTE, MailboxState.WAITING)
            case PermanentError():
                return Pause(5 * _MINUTE, MailboxState.WAITING)
            case _:
                self.lost += 1
                ceiling = min(_CAP, _BASE * 2 ** min(self.lost - 1, 10))
                return Pause(max(0.1, chance(0.0, ceiling)), MailboxState.WAITING)


_NOT_CONNECTED = (
    "The server accepts the login and then does not connect the mailbox: IMAP may be switched off for it, the login "
    "may lack the right scope, or it is throttled."
)
