"""Errors sorted by who must act: the operator, time, nobody, or us."""

from __future__ import annotations

from datetime import timedelta


class InboxcrmError(Exception):
    """The root of everything this program raises on purpose."""


class UserError(InboxcrmError):
    """The operator must act. One message with what happened, where, and what to type next; exit 2, no traceback."""


class ConfigError(UserError):
    """config.toml cannot be used; the message lists every problem found."""


class RuleError(UserError):
    """A rule file cannot be used; the last good set stays in force."""


class TemplateError(UserError):
    """A template cannot be used."""


class SchemaTooNewError(UserError):
    """The home was written by a newer inboxcrm than this one."""


class SignInNeededError(UserError):
    """The owner must sign in to a mailbox again; nothing is tried until they did."""


class HomeBusyError(UserError):
    """Another process runs this home; exit 75 (EX_TEMPFAIL)."""


class TransientError(InboxcrmError):
    """Time must act: the same call may work later."""

    def __init__(self, message: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class MailboxFullError(TransientError):
    """A mailbox has no room for a mail: whoever writes to it is turned away too."""


class PermanentError(InboxcrmError):
    """Nobody can act: recorded on its row, and the loop goes on."""


class InternalError(InboxcrmError):
    """We must act: a traceback, exit 70."""
