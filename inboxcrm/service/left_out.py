"""Mailboxes that config.toml names no more: nobody reads them, and what was to go from them waits.

Also one that was given another name is: by its new name it is read anew, as a mailbox that was just added.
"""

from __future__ import annotations

import sqlite3

from inboxcrm.domain.text import many
from inboxcrm.service.deliver import STOPPED
from inboxcrm.service.endings import CERTIFICATE, SENDING_CERTIFICATE, SIGN_IN
from inboxcrm.service.household import Household
from inboxcrm.service.sending_watch import CANNOT_SEND
from inboxcrm.service.sent_unread import UNREAD as SENT_UNREAD
from inboxcrm.service.server_words import SAYS
from inboxcrm.service.unfiled import FULL
from inboxcrm.service.vigil import MISSING, UNREAD
from inboxcrm.store import folders, home, listings, outbox

LEFT_OUT = "mailbox-left-out"

_OF_MAILBOXES = (
    UNREAD, MISSING, CERTIFICATE, SENDING_CERTIFICATE, SIGN_IN, CANNOT_SEND, SENT_UNREAD, SAYS, FULL, STOPPED,
)  # fmt: skip
"""Kinds of alarms about a mailbox that end by themselves only while it is watched."""


async def settle(household: Household) -> None:
    """As a daemon begins: what was noted of such mailboxes when they were read last is true no more."""
    await household.write(_settle, household)


def _settle(connection: sqlite3.Connection, household: Household) -> None:
    now = household.clock.now()
    home.clear_alarms(connection, LEFT_OUT, now=now)
    for name in folders.others(connection, household.mailbox_names):
        folders.leave_out(connection, name)
        listings.forget_others(connection, name, ())
        for kind in _OF_MAILBOXES:
            home.clear_alarms_about(connection, kind, f"{name}:", now=now)
        waiting = outbox.count_to_go(connection, name)
        if waiting:
            text = (
                f"{name}: {many(waiting, 'mail')} of yours cannot go, since config.toml has no mailbox of this name "
                "any more. Give it back its name, or see inboxcrm outbox, dismiss them and write anew"
            )
            home.raise_alarm(connection, LEFT_OUT, text, now=now)
