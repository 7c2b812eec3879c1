"""Builds the ways by which word reaches the owner, as `[notify]` sets them."""

from __future__ import annotations

import logging
from datetime import timedelta

from inboxcrm.config import Config, MailboxConfig
from inboxcrm.domain.address import address
from inboxcrm.domain.outbox import OwnerMail
from inboxcrm.errors import InboxcrmError, TransientError, UserError
from inboxcrm.notify.command import CommandNotifier
from inboxcrm.notify.webhook import WebhookNotifier
from inboxcrm.oauth.logins import Logins
from inboxcrm.passwords import read_source
from inboxcrm.ports import Clock, Deferred, InDoubt, Notice, Notifier, Outgoing, Rejected, Sent
from inboxcrm.render import compose_notice
from inboxcrm.smtp.transport import SmtpTransport

log = logging.getLogger("inboxcrm.routes")


def routes(config: Config, *, secret: bytes, clock: Clock, logins: Logins | None = None) -> dict[str, Notifier]:
    """Every way that is set, by name. Secrets are read when a notice goes out; `logins` are those of the mailboxes."""
    notify = config.notify
    ways: dict[str, Notifier] = {}
    if notify.command:
        ways["command"] = CommandNotifier(notify.command)
    if notify.webhook is not None:
        ways["webhook"] = WebhookNotifier(notify.webhook, read_source)
    if notify.mail is not None:
        logins = logins or Logins(config.mailboxes, config.home, clock)
        ways["mail"] = MailNotifier(config, notify.mail, secret=secret, clock=clock, logins=logins)
    return ways


class MailNotifier:
    """A mail from the owner to another mailbox of theirs, through the submission server of the first mailbox that takes
    it: what is to be told may be that one of them cannot send.
    """

    def __init__(self, config: Config, to: str, *, secret: bytes, clock: Clock, logins: Logins) -> None:
        self._config = config
        self._to = to
        self._secret = secret
        self._clock = clock
        self._logins = logins

    async def tell(self, notice: Notice) -> None:
        """Send it; a mail of unknown fate counts as gone, since its copy would only repeat it. Raises what the first
        mailbox met, where none takes it.
        """
        refused: InboxcrmError | None = None
        for mailbox in self._config.mailboxes:
            try:
                return await self._send(mailbox, notice)
            except InboxcrmError as error:
                log.warning("notify.not_through", extra={"mailbox": mailbox.name, "error": type(error).__name__})
                refused = refused or error
        assert refused is not None  # there is no home without a mailbox
        raise refused

    async def _send(self, mailbox: MailboxConfig, notice: Notice) -> None:
        own = self._config.owner.addresses
        mail = OwnerMail(
            to=address("", self._to),
            alias=next((each for each in own if each.lower() == mailbox.user.lower()), own[0]),
            subject=f"inboxcrm: {notice.title}",
            text=notice.text,
            in_reply_to=None,
            references=(),
            dedupe_key=f"notice:{notice.key}",
        )
        draft = compose_notice(
            mail,
            owner=self._config.owner,
            secret=self._secret,
            now=self._clock.now(),
            smtputf8=mailbox.smtputf8,
        )
        transport = SmtpTransport(
            mailbox.smtp,
            user=mailbox.user,
            password=self._logins.of(mailbox),
            account_address=draft.envelope_from,
            smtputf8=mailbox.smtputf8,
        )
        try:
            delivery = await transport.send(Outgoing(draft.raw, draft.envelope_from, draft.recipient), unrecorded)
        finally:
            await transport.close()
        match delivery:
            case Sent() | InDoubt():
                return
            case Deferred(reply):
                raise TransientError(reply, retry_after=timedelta(minutes=5))
            case Rejected(reply):
                raise UserError(f"{mailbox.smtp.host} refuses a mail to {self._to}: {reply}")


async def unrecorded(step: str) -> None:
    """No write-ahead (ports.StepRecorder): a notice has a row of its own, and the mail of `doctor` somebody watches."""
    del step
