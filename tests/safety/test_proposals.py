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
    nobodys = border_of_its_own(1) + "Subject: no author\n\n"

    assert propose([parse(own.encode())] * 10, own_addresses=["ANN@Example.org"]).looked_at == 0
    assert propose([parse(nobodys.encode())] * 10, own_addresses=[ME]).looked_at == 0


def hosts(*near: str, by: str, lower: str = "") -> Head:
    """Received by these, the nearest first, above results that begin with who they are `by`."""

    def head(number: int) -> str:
        above = "".join(f"Received: from x by {host}; Mon, 2 Mar 2026 09:00:00 +0000\n" for host in near)
        return (above + f"Authentication-Results: {by}\n" + lower).format(number=number)

    return head


def seen(*parts: tuple[Head, int]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    mails, first = [], 0
    for head, count in parts:
        mails += recent(head, count, first=first)
        first += count
    found = propose(mails, own_addresses=[ME])
    return found.authserv_ids, found.border_hosts


MX1, MX2 = (hosts(f"{name}.example.org", by=f"{name}.example.org; dmarc=pass") for name in ("mx1", "mx2"))
EVIL = hosts("mx.evil.example", by="mx.evil.example; dmarc=pass")
BOTH = ("mx1.example.org", "mx2.example.org")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        pytest.param([(MX1, 6), (MX2, 4)], BOTH[:1], id="one that has enough alone"),
        pytest.param([(MX1, 4), (MX2, 2), (nothing, 4)], BOTH, id="just enough together"),
        pytest.param([(MX1, 5), (MX2, 1), (nothing, 4)], (), id="one mail is no member of a farm"),
        pytest.param([(MX1, 20), (MX2, 2), (EVIL, 8), (nothing, 6)], (), id="nor are two of thirty"),
        pytest.param([(MX1, 4), (EVIL, 3), (nothing, 3)], (), id="no stranger joins a farm"),
        pytest.param([(MX1, 4), (EVIL, 3), (hosts("mx.ill.example", by="mx.ill.example"), 3)], (), id="nor do two"),
    ],
)
def test_hosts_of_one_name_share_what_one_has_not_enough_of(
    parts: list[tuple[Head, int]], expected: tuple[str, ...]
) -> None:
    assert seen(*parts)[0] == expected


RECEIVED = "Received: from x by {0}; Mon, 2 Mar 2026 09:00:00 +0000\n".format


@pytest.mark.parametrize(
    ("head", "border"),
    [
        pytest.param(
            hosts("a.example.com", "mx.example.org", by="auth.example.org; dmarc=pass"), "mx.example.org", id="below"
        ),
        pytest.param(
            hosts("mx.example.org", "a.example.com", by="auth.example.org; dmarc=pass"), "mx.example.org", id="above"
        ),
        pytest.param(
            hosts("a.example.com", "b.example.net", by="v.example; dmarc=pass"), "b.example.net", id="the lowest"
        ),
        pytest.param(
            hosts("a.example.com", "b{number}.example", by="v.example; dmarc=pass"), "a.example.com", id="common to all"
        ),
        pytest.param(
            hosts(by="mx.example.org; dmarc=pass", lower=RECEIVED("mx.example.org") + RECEIVED("evil.example")),
            "mx.example.org",
            id="the first below",
        ),
        pytest.param(
            hosts("mx.example.org", "", by="v.example; dmarc=pass"), "mx.example.org", id="one that does not say"
        ),
    ],
)
def test_the_border_is_who_stands_nearest_to_the_name_of_the_results(head: Head, border: str) -> None:
    assert seen((head, 10))[1] == (border,)


@pytest.mark.parametrize(
    "head",
    [
        pytest.param(
            lambda number: (
                f"Authentication-Results: mx.example.org; dmarc=pass\nSubject: {number}\n" + RECEIVED("mx.example.org")
            ),
            id="above the letter's own fields",
        ),
        pytest.param(
            lambda number: RECEIVED("mx.example.org") + "X-Received: x\n" * 59 + "Authentication-Results: m; a=pass\n",
            id="below sixty fields",
        ),
        pytest.param(lambda number: "Authentication-Results: mx.example.org; dmarc=pass\n", id="received by nobody"),
    ],
)
def test_results_that_nobody_near_the_owner_can_have_written_are_not_heard(head: Head) -> None:
    found = propose(recent(head, extra="List-Id: <info.example.org>\n"), own_addresses=[ME])

    assert (found.authserv_ids, found.looked_at, found.own_lists) == ((), 10, ("info.example.org",))


def test_only_mail_that_bears_the_name_agrees() -> None:
    group = "List-Id: <info.example.org>\n"
    mails = recent(EVIL, 4, extra=group) + recent(MX1, 6, extra=group, first=4)

    found = propose(mails, own_addresses=[ME])

    assert (found.agreeing, found.looked_at, found.own_lists) == (6, 10, ("info.example.org",))
    assert found.examples[0].startswith("from bob@client4.example: mx1.example.org says")


def test_the_topmost_results_are_those_that_count() -> None:
    two = hosts(
        "mx.example.org", by="mx.example.org; dmarc=pass", lower="Authentication-Results: evil.example; dmarc=pass\n"
    )

    assert seen((two, 10)) == (("mx.example.org",), ("mx.example.org",))


def test_the_examples_tell_what_was_found_in_whose_mail() -> None:
    five = "; ".join(["mx.example.org", "a=pass", "b=pass", "c=pass", "d=pass", "e=pass"])
    heads = (border_of_its_own, microsoft, hosts("mx.example.org", by="mx.example.org; none"), hosts("mx", by=five))
    said = []
    for head in heads:
        found = propose([*recent(nothing, 2), *recent(head, 8, first=2)], own_addresses=[ME])
        assert (found.agreeing, found.looked_at) == (8, 10)
        said.append(found.examples[0].removeprefix("from bob@client2.example: "))

    assert said == [
        "mx.example.org says dkim=pass dmarc=pass; received by store.example.org, mx.example.org",
        "(nobody named) says spf=pass dkim=pass dmarc=pass; received by db1.eurprd01.prod.outlook.com",
        "mx.example.org says no result; received by mx.example.org",
        "mx.example.org says a=pass b=pass c=pass d=pass; received by mx",
    ]


@pytest.mark.parametrize(
    ("field", "count", "expected"),
    [
        pytest.param(
            "List-Id: Info <info.example.org>\n", 2, ("info.example.org",), id="a group of the owner's domain"
        ),
        pytest.param("X-BeenThere: info@example.org\n", 2, ("info@example.org",), id="named the old way"),
        pytest.param("List-Id: Info <info.example.org>\n", 1, (), id="one sender alone"),
        pytest.param("List-Id: News <news.lists.example.net>\n", 5, (), id="somebody else's list"),
        pytest.param("LIST-ID: Info <INFO.Example.org>\n", 2, ("info.example.org",), id="in capitals"),
        pytest.param("Mailing-List: list info@example.org; run by ezmlm\n", 2, ("info@example.org",), id="ezmlm"),
        pytest.param("X-Mailing-List: <info@example.org> archive/7\n", 2, ("info@example.org",), id="smartlist"),
        pytest.param("List-Id: (info.example.org)\n", 2, ("info.example.org",), id="in a comment"),
        pytest.param("List-Id: <>\n", 2, (), id="of no name"),
    ],
)
def test_groups_that_deliver_to_the_owner_are_proposed(field: str, count: int, expected: tuple[str, ...]) -> None:
    assert propose(recent(nothing, count, extra=field), own_addresses=[ME]).own_lists == expected


def test_a_group_of_a_provider_where_anybody_has_an_address_is_nobodys_own() -> None:
    mails = recent(nothing, 5, extra="List-Id: <club.gmail.com>\n")

    assert propose(mails, own_addresses=["ann@gmail.com", "nobody"]).own_lists == ()
