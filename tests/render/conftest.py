"""What the tests of outgoing mail share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.config import Owner
from inboxcrm.domain.address import address
from inboxcrm.domain.outbox import AutoReply, Draft, OwnerMail
from inboxcrm.render import TemplateSet, compose, compose_owner_mail
from inboxcrm.render.values import samples

SECRET = b"a secret of the home, 32 octets."
NOW = datetime(2026, 3, 2, 15, 30, tzinfo=UTC)
OWNER = Owner("Ann Example", ("ann@example.org", "ann@example.net"), ZoneInfo("Europe/Zurich"), "en")
SHIPPED = TemplateSet.load()

REPLY = AutoReply(
    to=address("Bob Builder", "bob@example.com"),
    alias="ann@example.org",
    template="acknowledge",
    language="en",
    values={**samples("en"), "phone": None, "urgent_word": None},
    in_reply_to="<2@example.com>",
    references=("<1@example.com>",),
    original_subject="The roof",
    dedupe_key="ack:1",
)

LETTER = OwnerMail(
    to=address("Bob Builder", "bob@example.com"),
    alias="ann@example.net",
    subject="Re: The roof",
    text="Dear Bob,\n\nyes.\n\nAnn\n",
    in_reply_to="<2@example.com>",
    references=(),
    dedupe_key="mail:1",
    language="en",
)


def drafted(*, null_sender: bool = True, owner: Owner = OWNER, smtputf8: bool = False, **changes: Any) -> Draft:
    """The automatic mail that REPLY becomes with these changes."""
    return compose(
        replace(REPLY, **changes),
        templates=SHIPPED,
        owner=owner,
        secret=SECRET,
        now=NOW,
        null_sender=null_sender,
        smtputf8=smtputf8,
    )


def written(**changes: Any) -> Draft:
    """The owner's mail that LETTER becomes with these changes."""
    return compose_owner_mail(replace(LETTER, **changes), owner=OWNER, secret=SECRET, now=NOW)


@pytest.fixture
def shipped() -> TemplateSet:
    """The templates as they are shipped."""
    return SHIPPED
