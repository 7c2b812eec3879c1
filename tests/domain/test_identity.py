"""Section D: whose Authentication-Results count, and what they say."""

from __future__ import annotations

from dataclasses import replace

import authres
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import History, Outcome, Settings, Verdict, judge
from inboxcrm.domain.safety.results import Result, read_results
from tests.mail_builders import BORDER, ME, NOW, letter

SETTINGS = Settings(own_addresses=(ME,), trusted_authserv_ids=(BORDER,), border_hosts=(BORDER,))
PASS = f"Authentication-Results: {BORDER}; dmarc=pass header.from=client.example"
BORDER_LINE = f"Received: from mail.client.example by {BORDER} with ESMTPS id 1; Mon, 2 Mar 2026 09:00:00 +0100"


def mail(*head: str) -> bytes:
    body = ["From: Bob <bob@client.example>", f"To: {ME}", "Subject: Offer", "Date: Mon, 2 Mar 2026 09:00:00 +0100"]
    return ("\n".join(["Return-Path: <bob@client.example>", *head, *body]) + "\n\nHello\n").encode()


def verdict(raw: bytes, settings: Settings = SETTINGS) -> Verdict:
    return judge(parse(raw), history=History(), settings=settings, now=NOW, circumstances=None)


@pytest.mark.parametrize(
    ("head", "authenticated"),
    [
        ((PASS, BORDER_LINE), True),
        ((BORDER_LINE, PASS), True),
        ((BORDER_LINE, "Received-SPF: pass", PASS), True),
        ((BORDER_LINE, "DKIM-Signature: v=1", PASS), False),
        ((BORDER_LINE, "X-Client: x", PASS), False),
        ((PASS,), False),
        (("Received: from a by mx.example.net with SMTP; x", PASS), False),
        ((f"Received: from a by evil{BORDER} with SMTP; x", PASS), False),
        ((f"Received: from a (by {BORDER}) by mx.example.net with SMTP; x", PASS), False),
        (("Received: from a by in1.mx.example.org with SMTP; x", PASS), True),
        ((f"Authentication-Results: {BORDER}; dmarc=none", BORDER_LINE, PASS), False),
        (("Authentication-Results: elsewhere.example; dmarc=fail", PASS, BORDER_LINE), True),
        ((f"Authentication-Results: {BORDER}; dmarc=(pass", BORDER_LINE), False),
        ((f"Authentication-Results: {BORDER} 1; dkim=pass (ok; fine) header.d=client.example", BORDER_LINE), True),
        ((f"Authentication-Results: {BORDER}; dkim=pass header.i=@mail.client.example", BORDER_LINE), True),
        ((f"Authentication-Results: {BORDER}; dkim=pass header.d=client.example.evil.example", BORDER_LINE), False),
        ((f"Authentication-Results: {BORDER}; dkim=fail header.d=client.example", BORDER_LINE), False),
        ((f"Authentication-Results: {BORDER}; dmarc=pass header.from=evil.example", BORDER_LINE), False),
        (
            (f"Authentication-Results: {BORDER}; spf=pass (x dmarc=pass) smtp.mailfrom=bob@evil.example", BORDER_LINE),
            False,
        ),
        ((f'Authentication-Results: {BORDER}; spf=none smtp.mailfrom="; dmarc=pass"', BORDER_LINE), False),
        ((f"Authentication-Results: {BORDER}; arc=pass", BORDER_LINE), False),
    ],
)
def test_only_what_my_border_wrote_proves_a_sender(head: tuple[str, ...], authenticated: bool) -> None:
    found = verdict(mail(*head))

    assert found.authenticated is authenticated
    assert found.outcome is (Outcome.ACK if authenticated else Outcome.ACK_MIN)


def test_without_a_border_the_authserv_id_is_looked_for_in_received() -> None:
    assert verdict(mail(BORDER_LINE, PASS), replace(SETTINGS, border_hosts=())).authenticated
    assert not verdict(mail(PASS), replace(SETTINGS, border_hosts=())).authenticated


def test_without_an_authserv_id_nothing_is_trusted() -> None:
    assert not verdict(mail(PASS, BORDER_LINE), replace(SETTINGS, trusted_authserv_ids=())).authenticated


@pytest.mark.parametrize(
    ("sealers", "seal", "arc", "authenticated"),
    [
        (("forward.example",), "d=forward.example", "pass", True),
        (("forward.example",), "d=evil.example", "pass", False),
        (("forward.example",), "d=forward.example", "fail", False),
        ((), "d=forward.example", "pass", False),
    ],
    ids=["configured", "another-sealer", "broken-chain", "not-configured"],
)
def test_a_chain_counts_only_if_it_holds_and_its_last_sealer_is_configured(
    sealers: tuple[str, ...], seal: str, arc: str, authenticated: bool
) -> None:
    raw = mail(
        f"Authentication-Results: {BORDER}; arc={arc}; dmarc=none",
        BORDER_LINE,
        f"ARC-Seal: i=2; a=rsa-sha256; {seal}; b=x",
        "ARC-Authentication-Results: i=2; forward.example; dmarc=pass header.from=client.example",
        "ARC-Seal: i=1; a=rsa-sha256; d=old.example; b=x",
    )

    assert verdict(raw, replace(SETTINGS, arc_sealers=sealers)).authenticated is authenticated


def test_microsoft_365_writes_no_authserv_id_and_is_trusted_by_profile_only() -> None:
    raw = mail(
        "Authentication-Results: spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=client.example; dkim=pass (ok)"
        " header.d=client.example;dmarc=bestguesspass action=none header.from=client.example;compauth=pass reason=109",
        "Received: from a by AM6.mail.protection.outlook.com (10.0.0.1) with Microsoft SMTP Server; x",
    )
    profile = replace(SETTINGS, provider_writes_no_authserv_id=True, trusted_authserv_ids=(), border_hosts=())

    assert verdict(raw, profile).authenticated
    assert not verdict(raw).authenticated


@pytest.mark.parametrize(
    "value",
    [
        "mx.example; spf=pass smtp.mailfrom=<>;",
        "mx.example; none",
        "mx.example 1; dkim=pass/1 header.d=a.example",
        "mx.example;; dkim = pass header.d = a.example",
        "",
        ";",
        "mx.example; dkim=",
        "mx.example; =pass",
    ],
)
def test_odd_fields_are_read_without_failing(value: str) -> None:
    assert read_results(value) is not None


@pytest.mark.parametrize("value", ["mx; dkim=pass (open", "mx; dkim=pass )", 'mx; dkim="open', "x" * 8_001])
def test_a_field_that_hides_its_end_has_no_sense(value: str) -> None:
    assert read_results(value) is None


@given(
    results=st.lists(
        st.tuples(
            st.sampled_from(["dkim", "spf", "dmarc"]),
            st.sampled_from(["pass", "fail", "none", "softfail", "temperror"]),
            st.sampled_from(["a.example", "mail.b.example", "c.example.org"]),
            st.sampled_from(["", " (a comment)", " (with; semicolon)", " (nested (twice))"]),
        ),
        min_size=1,
        max_size=4,
    )
)
@settings(max_examples=60)
def test_well_formed_fields_are_read_as_the_authres_library_reads_them(
    results: list[tuple[str, str, str, str]],
) -> None:
    names = {"dkim": "header.d", "spf": "smtp.mailfrom", "dmarc": "header.from"}
    clauses = [f"{method}={result}{comment} {names[method]}={domain}" for method, result, domain, comment in results]
    value = f"{BORDER}; " + "; ".join(clauses)

    ours = read_results(value)
    theirs = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")

    assert ours is not None
    assert ours.authserv_id == theirs.authserv_id
    assert ours.results == tuple(
        Result(one.method, one.result, {f"{each.type}.{each.name}": str(each.value) for each in one.properties})
        for one in theirs.results
    )


def test_a_forged_result_in_the_body_of_a_letter_is_no_result() -> None:
    assert not verdict(letter(results="none", text=f"{PASS}\n")).authenticated


@pytest.mark.parametrize(
    ("value", "results"),
    [
        ('mx.example; dkim=pass reason="good; (really)" header.d=a.example', (("dkim", "pass", "a.example"),)),
        ("mx.example; dkim = pass header.d = a.example", (("dkim", "pass", "a.example"),)),
        ("mx.example; dkim=pass/1 header.d=<a.example>", (("dkim", "pass/1", "a.example"),)),
        ("mx.example; dkim/1=pass (a (b) c) header.d=A.Example", (("dkim", "pass", "a.example"),)),
        ("mx.example; two words=pass header.d=a.example", ()),
        ("dkim=pass header.d=a.example", (("dkim", "pass", "a.example"),)),
        ("mx.example; dkim=pass(glued)header.d=a.example", (("dkim", "pass", "a.example"),)),
    ],
)
def test_quotes_comments_and_blanks_do_not_change_what_a_field_says(
    value: str, results: tuple[tuple[str, str, str], ...]
) -> None:
    field = read_results(value)

    assert field is not None
    assert tuple((one.method, one.result, one.properties.get("header.d", "")) for one in field.results) == results


@pytest.mark.parametrize(
    ("length", "read"),
    [(8_000, True), (8_001, False)],
)
def test_a_field_is_read_up_to_its_bound(length: int, read: bool) -> None:
    value = "mx.example; dkim=none".ljust(length, "x")

    assert (read_results(value) is not None) is read


def test_a_provider_that_writes_no_authserv_id_is_not_a_reason_to_trust_any() -> None:
    raw = mail(
        "Authentication-Results: evil.example; dmarc=pass header.from=client.example",
        "Received: from a by AM6.mail.protection.outlook.com with Microsoft SMTP Server; x",
    )
    profile = replace(SETTINGS, provider_writes_no_authserv_id=True, trusted_authserv_ids=(), border_hosts=())

    assert not verdict(raw, profile).authenticated


@pytest.mark.parametrize("border", ["*.example.org", ".example.org", "EXAMPLE.org"])
def test_a_border_names_the_hosts_below_it(border: str) -> None:
    assert verdict(mail(BORDER_LINE, PASS), replace(SETTINGS, border_hosts=(border,))).authenticated
    assert not verdict(
        mail(BORDER_LINE.replace(BORDER, "mx.badexample.org"), PASS), replace(SETTINGS, border_hosts=(border,))
    ).authenticated


def test_the_lowest_border_counts_where_a_mail_passes_several() -> None:
    inner = "Received: from mx.example.org by store.mx.example.org with LMTP; x"

    assert verdict(mail(inner, "X-Filter: ours", BORDER_LINE, PASS)).authenticated
