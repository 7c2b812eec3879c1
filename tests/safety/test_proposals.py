"""What recent mail says about the owner's own servers, and what may not be believed about them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import parse
from inboxcrm.domain.safety.proposals import propose

ME = "ann@example.org"
Head = Callable[[int], str]


def border_of_its_own(number: int) -> str:
    """A milter's field above the Received of the host it runs on, and an inner delivery above both."""
    return (
        f"Return-Path: <bob@client{number}.example>\n"
        "Received: from mx.example.org by store.example.org with LMTP; Mon, 2 Mar 2026 09:00:00 +0000\n"
        f"Authentication-Results: mx.example.org; dkim=pass header.d=client{number}.example; dmarc=pass\n"
        f"Received: from mail.client{number}.example by mx.example.org with ESMTPS; Mon, 2 Mar 2026 09:00:00 +0000\n"
        f"Received: from laptop by mail.client{number}.example; Mon, 2 Mar 2026 08:59:59 +0000\n"
    )


def gmail(number: int) -> str:
    """The field stands below the Received of the border, in the same run of trace fields."""
    return (
        "Delivered-To: ann@example.org\n"
        f"Received: by 2002:a05:6a20:{number:04x}:b0:1 with SMTP id x; Mon, 2 Mar 2026 01:00:00 -0800\n"
        "X-Received: by 2002:a05:600c with SMTP id y; Mon, 2 Mar 2026 01:00:00 -0800\n"
        f"Return-Path: <bob@client{number}.example>\n"
        f"Received: from mail.client{number}.example (mail [192.0.2.1]) by mx.google.com with ESMTPS; "
        "Mon, 2 Mar 2026 01:00:00 -0800\n"
        f"Received-SPF: pass (google.com: domain designates) client-ip=192.0.2.1;\n"
        f"Authentication-Results: mx.google.com; spf=pass smtp.mailfrom=bob@client{number}.example; dmarc=pass\n"
    )


def microsoft(number: int) -> str:
    """No name at all before the results."""
    return (
        "Received: from AM0.eurprd01.prod.outlook.com (2603:10a6::1) by DB1.eurprd01.prod.outlook.com "
        "(2603:10a6::2) with HTTPS; Mon, 2 Mar 2026 09:00:00 +0000\n"
        f"Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=client{number}.example; "
        f"dkim=pass (signature was verified) header.d=client{number}.example;dmarc=pass action=none\n"
    )


def farm(number: int) -> str:
    """Four border hosts take turns and share a name for what they find."""
    host = f"mx{number % 4}.example.org"
    return (
        f"Authentication-Results: example.org; dkim=pass header.d=client{number}.example\n"
        f"Received: from mail.client{number}.example by {host} with ESMTPS; Mon, 2 Mar 2026 09:00:00 +0000\n"
    )


def nothing(number: int) -> str:
    """A server that checks nobody."""
    return f"Received: from mail.client{number}.example by mx.example.org; Mon, 2 Mar 2026 09:00:00 +0000\n"


def recent(head: Head, count: int = 10, *, extra: str = "", first: int = 0) -> list[Message]:
    letters = f"To: {ME}\n{extra}Subject: letter\n\n"
    return [
        parse(f"{head(number)}From: Bob <bob@client{number}.example>\n{letters}".encode())
        for number in range(first, first + count)
    ]


@pytest.mark.parametrize(
    ("head", "authserv_ids", "border_hosts"),
    [
        pytest.param(border_of_its_own, ("mx.example.org",), ("mx.example.org",), id="a border host"),
        pytest.param(gmail, ("mx.google.com",), ("mx.google.com",), id="gmail"),
        pytest.param(
            farm,
            ("example.org",),
            ("mx0.example.org", "mx1.example.org", "mx2.example.org", "mx3.example.org"),
            id="a farm of hosts",
        ),
        pytest.param(nothing, (), (), id="nobody vouches"),
    ],
)
def test_the_server_that_vouches_is_found_in_recent_mail(
    head: Head, authserv_ids: tuple[str, ...], border_hosts: tuple[str, ...]
) -> None:
    found = propose(recent(head), own_addresses=[ME])

    assert (found.authserv_ids, found.border_hosts) == (authserv_ids, border_hosts)
    assert len(found.examples) == (3 if authserv_ids else 0)


def test_microsoft_365_names_nobody_and_that_is_said() -> None:
    found = propose(recent(microsoft), own_addresses=[ME])

    assert found.anonymous
    assert found.authserv_ids == ()
    assert found.agreeing == 10


@pytest.mark.parametrize(
    ("agreeing", "others", "proposed"),
    [
        pytest.param(6, 4, True, id="six of ten agree"),
        pytest.param(5, 5, False, id="half is not enough"),
        pytest.param(2, 0, False, id="two mails prove nothing"),
        pytest.param(3, 0, True, id="three of three"),
    ],
)
def test_most_recent_mail_must_agree(agreeing: int, others: int, proposed: bool) -> None:
    mails = recent(border_of_its_own, agreeing) + recent(nothing, others, first=agreeing)

    assert bool(propose(mails, own_addresses=[ME]).authserv_ids) is proposed


def test_one_organisation_that_writes_much_cannot_make_itself_the_judge() -> None:
    forged = (
        "Received: from x by mx.example.org; Mon, 2 Mar 2026 09:00:00 +0000\n"
        "Authentication-Results: evil.example; dmarc=pass\n"
        "From: Mallory <mallory@evil.example>\n\n"
    )

    found = propose([parse(forged.encode())] * 20, own_addresses=[ME])

    assert found.authserv_ids == ()


def test_mail_of_the_owner_is_no_witness() -> None:
    own = border_of_its_own(1) + f"From: Ann <{ME}>\n\n"

    assert propose([parse(own.encode())] * 10, own_addresses=[ME]).looked_at == 0


@pytest.mark.parametrize(
    ("field", "count", "expected"),
    [
        pytest.param(
            "List-Id: Info <info.example.org>\n", 2, ("info.example.org",), id="a group of the owner's domain"
        ),
        pytest.param("X-BeenThere: info@example.org\n", 2, ("info@example.org",), id="named the old way"),
        pytest.param("List-Id: Info <info.example.org>\n", 1, (), id="one sender alone"),
        pytest.param("List-Id: News <news.lists.example.net>\n", 5, (), id="somebody else's list"),
    ],
)
def test_groups_that_deliver_to_the_owner_are_proposed(field: str, count: int, expected: tuple[str, ...]) -> None:
    assert propose(recent(nothing, count, extra=field), own_addresses=[ME]).own_lists == expected
