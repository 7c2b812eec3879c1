"""What a refusal says of the recipient."""

from __future__ import annotations

import pytest

from inboxcrm.domain.refusals import names_no_mailbox, takes_no_mail


@pytest.mark.parametrize(
    ("reply", "no_mailbox", "no_mail"),
    [
        ("556 5.1.10 nomail.example takes no mail (null MX)", True, True),
        ("556 domain does not accept mail", True, True),
        ("550 5.1.10 Recipient address has null MX", True, True),
        ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", True, False),
        ("550 5.1.2 bad destination system: no such domain", True, True),
        ("550 5.1.1 <bob@client.example>: user unknown", True, False),
        ("550 5.2.1 mailbox disabled", True, False),
        ("552 5.2.2 mailbox full", False, False),
        ("554 5.7.1 message content rejected", False, False),
        ("550 no", False, False),
        ("550 5.2.1 The user is receiving mail at a rate that prevents additional messages", False, False),
        ("550 5.1.1 Domain example.org has exceeded the max emails per hour (5/5 (100%)) allowed", False, False),
        ("550 5.7.1 see 5.1.1 of our policy", False, False),
    ],
)
def test_a_refusal_is_about_the_address_the_domain_or_neither(reply: str, no_mailbox: bool, no_mail: bool) -> None:
    assert (names_no_mailbox(reply), takes_no_mail(reply)) == (no_mailbox, no_mail)
