"""Bounds, defaults and odd spellings that no ordinary mail shows: written for mutants that no other test noticed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import (
    Circumstances,
    Finding,
    History,
    MailClass,
    Outcome,
    Settings,
    Verdict,
    judge,
    sender_is_proved,
)
from inboxcrm.domain.safety.hit import ceiling, review, suppress
from inboxcrm.domain.safety.limits import Allowed, Candidate, Counts, within
from inboxcrm.domain.safety.results import read_results, receiver, tags
from inboxcrm.domain.safety.verdict import Reason
from tests.mail_builders import BORDER, ME, NOW, letter


def verdict(
    raw: bytes,
    *,
    history: History | None = None,
    settings: Settings | None = None,
    state: Circumstances | None = None,
) -> Verdict:
    trusting = Settings(own_addresses=(ME,), trusted_authserv_ids=(BORDER,), border_hosts=(BORDER,))
    return judge(parse(raw), history=history or History(), settings=settings or trusting, now=NOW, circumstances=state)


def test_what_is_not_said_is_an_ordinary_arrival_of_a_stranger() -> None:
    state, settings = Circumstances(received_at=NOW), Settings(own_addresses=(ME,))

    assert (state.ledger_writable, state.clock_plausible, state.folder_role) == (True, True, "inbox")
    assert {state.first_sync, state.rebaseline, state.answered, bool(state.flags)} == {False}
    assert {settings.answer_cc, settings.provider_writes_no_authserv_id, settings.smtputf8} == {False}
    assert settings.max_delay == timedelta(hours=24)
    assert {History().known, History().duplicate} == {False}
    assert Finding("A1") == Finding("A1", None, None, None, "", stops=False)
    assert not verdict(letter()).form_lead


def test_nothing_counted_allows_and_an_ordinary_candidate_is_nobody_special() -> None:
    assert within(Counts(), Candidate()) == Allowed()
    assert Counts() == Counts(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    assert Candidate() == Candidate(False, False, False, False)


def test_what_a_row_saw_is_kept_to_two_hundred_characters() -> None:
    seen = "x" * 300
    hits = (suppress(Reason.SPAM, seen), review(Reason.SPAM, seen), ceiling(Reason.SPAM, Outcome.ACK_MIN, seen))

    assert [len(hit.saw) for hit in hits] == [200, 200, 200]


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("from a by MX.Example.ORG. with ESMTP", "mx.example.org"),
        ("by mx.example.org", "mx.example.org"),
        ("from a (by evil.example (x)) by mx.example.org;", "mx.example.org"),
        ("from standby nowhere", ""),
        ("from a (helo by evil.example by mx.example.org", "evil.example"),
        (f"from a {'x' * 1_990} by mx.example.org", ""),
        ("", ""),
    ],
)
def test_the_receiving_host_is_the_word_behind_by(value: str, host: str) -> None:
    assert receiver(value) == host


def test_results_are_read_with_and_without_a_name_of_who_wrote_them() -> None:
    named = read_results(
        'mx.example.org 1; dkim=pass (a (b) c) reason="x; y=\\"z" header.d=<A.example>; =x; spf; a b=c'
    )
    unnamed = read_results("dmarc=pass header.from=a.example")

    assert named is not None
    assert named.authserv_id == "mx.example.org"
    assert [(one.method, one.result, one.properties.get("header.d")) for one in named.results] == [
        ("dkim", "pass", "a.example")
    ]
    assert set(named.results[0].properties) == {"reason", "header.d"}
    assert named.results[0].properties["reason"] == "x__y=__z"
    assert unnamed is not None
    assert (unnamed.authserv_id, len(unnamed.results)) == ("", 1)
    assert read_results("mx.example.org; dkim=pass (open") is None
    assert read_results("mx.example.org; dkim=pass closed)") is None
    assert read_results('mx.example.org; dkim="pass') is None


def test_tags_are_read_up_to_four_thousand_characters() -> None:
    assert tags(" D = A.example ; b=x=y") == {"d": "A.example", "b": "x=y"}
    assert tags(f"d=a; b={'x' * 5_000}")["b"] == "x" * 3_993


ARC = "ARC-Authentication-Results: i=2; seal.example; dmarc=pass header.from=client.example"


@pytest.mark.parametrize(
    ("fields", "results", "authenticated"),
    [
        (("ARC-Seal: i=2; d=Seal.example", ARC), "arc=pass; dmarc=fail", True),
        (("ARC-Seal: i=2; d=seal.example", "ARC-Seal: i=1; d=x.example", ARC), "arc=pass; dmarc=fail", True),
        (("ARC-Seal: i=1; d=x.example", "ARC-Seal: i=2; d=seal.example", ARC), "arc=pass; dmarc=fail", True),
        (("ARC-Seal: i=1; d=seal.example", "ARC-Seal: i=2; d=x.example", ARC), "arc=pass; dmarc=fail", False),
        (("ARC-Seal: i=10; d=seal.example", "ARC-Seal: i=9; d=x.example", ARC), "arc=pass; dmarc=fail", False),
        (("ARC-Seal: i=2; d=seal.example", ARC), "arc=fail; spf=pass; dmarc=fail", False),
        (("ARC-Seal: i=2; d=seal.example", ARC.replace("i=2", "I = 2")), "arc=pass; dmarc=fail", True),
        (("ARC-Seal: i=2; d=seal.example", ARC.replace("i=2", "i=1")), "arc=pass; dmarc=fail", False),
        (("ARC-Seal: i=2; d=seal.example", ARC + " (open"), "arc=pass; dmarc=fail", False),
        (("ARC-Seal: i=x; d=seal.example",), "arc=pass; dmarc=fail", False),
        ((), "arc=pass; dmarc=fail", False),
    ],
)
def test_a_sealer_counts_when_he_is_configured_sealed_last_and_his_chain_passed(
    fields: tuple[str, ...], results: str, authenticated: bool
) -> None:
    settings = Settings(
        own_addresses=(ME,),
        trusted_authserv_ids=(BORDER.upper(),),
        border_hosts=(BORDER,),
        arc_sealers=("SEAL.example",),
    )

    found = verdict(letter(*fields, results=results), settings=settings)

    assert any(one.saw.startswith("dmarc=pass") for one in found.asked) is authenticated
    assert not found.failed


def test_a_sealer_that_nobody_configured_does_not_count() -> None:
    raw = letter("ARC-Seal: i=2; d=seal.example", ARC, results="arc=pass; dmarc=fail")

    assert verdict(raw).outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("borders", "ids", "authenticated"),
    [
        ((BORDER,), (BORDER,), True),
        (("example.org",), (BORDER,), True),
        (("*.example.org",), (BORDER,), True),
        (("xample.org",), (BORDER,), False),
        (("other.example", "MX.Example.org"), (BORDER,), True),
        (("other.example",), (BORDER,), False),
        ((), (BORDER,), True),
        ((BORDER,), (), False),
        (("",), (BORDER,), False),
    ],
)
def test_results_count_only_from_my_border(borders: tuple[str, ...], ids: tuple[str, ...], authenticated: bool) -> None:
    settings = Settings(own_addresses=(ME,), trusted_authserv_ids=ids, border_hosts=borders)

    assert verdict(letter(), settings=settings).authenticated is authenticated


def test_results_of_nobody_count_only_where_the_provider_names_nobody() -> None:
    raw = letter().replace(f"Authentication-Results: {BORDER}; ".encode(), b"Authentication-Results: ")
    microsoft = Settings(own_addresses=(ME,), border_hosts=(BORDER,), provider_writes_no_authserv_id=True)

    assert not verdict(raw).authenticated
    assert verdict(raw, settings=microsoft).authenticated


def test_a_header_that_ends_with_the_trace_is_read_to_its_end() -> None:
    raw = letter().replace(b"Authentication-Results", b"X-Was")
    late = raw.replace(b"MIME-Version", f"Authentication-Results: {BORDER}; dmarc=pass\nMIME-Version".encode())
    bare = f"From: bob@client.example\nTo: {ME}\nReceived: from a by {BORDER}\n\nHello\n".encode()

    assert not verdict(late).authenticated
    assert not verdict(bare).failed


@pytest.mark.parametrize(
    ("results", "outcome"),
    [
        ("iprev=pass smtp.mail=bob@client.example", Outcome.ACK_MIN),
        ("dkim=pass header.d=x.example; dmarc=pass header.from=client.example", Outcome.ACK),
        ("dmarc=pass header.from=x.example; dkim=pass header.d=client.example", Outcome.ACK),
    ],
)
def test_only_the_known_methods_prove_a_sender(results: str, outcome: Outcome) -> None:
    assert verdict(letter(results=results)).outcome is outcome


@pytest.mark.parametrize(
    ("sender", "reasons"),
    [
        (f"b@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 58}.example", None),
        ("jörg@client.local", ("no-usable-sender",)),
        ("jörg@client.invalid", ("no-usable-sender",)),
        ("bob@mail.local.example", None),
        ("bob@1.example", None),
        ("bob@client.example_x", ("no-usable-sender",)),
    ],
)
def test_only_an_address_that_may_exist_is_used(sender: str, reasons: tuple[str, ...] | None) -> None:
    found = verdict(letter(sender=sender))

    assert (found.reasons == ("no-usable-sender",)) is (reasons is not None)


def test_a_mail_that_was_copied_or_is_known_keeps_the_class_it_has() -> None:
    old = letter("Auto-Submitted: no").replace(
        b"Mon, 2 Mar 2026 09:00:00 +0100\nMessage", b"Mon, 2 Feb 2026 09:00:00 +0100\nMessage"
    )

    assert verdict(old, state=Circumstances(received_at=NOW)).mail_class is MailClass.HUMAN
    assert verdict(letter(), history=History(duplicate=True)).mail_class is MailClass.HUMAN


@pytest.mark.parametrize("role", ["Junk", "SENT"])
def test_the_case_of_a_folders_role_does_not_matter(role: str) -> None:
    assert verdict(letter(), state=Circumstances(received_at=NOW, folder_role=role)).reasons == ("folder",)


def test_a_file_is_asked_nothing_about_state() -> None:
    found = verdict(letter(), history=History(duplicate=True))

    assert found.outcome is Outcome.ACK
    assert not [one.row for one in found.asked if one.row.startswith("A")]


@pytest.mark.parametrize(
    ("raw", "recipient"),
    [
        (letter("List-Id: <x.example>"), "bob@client.example"),
        (letter("Feedback-ID: a:b:c"), "bob@client.example"),
        (letter(sender="jörg@client.example"), None),
        (letter("X-Fill: " + "x" * 300_000), None),
        (b"", None),
    ],
    ids=["list", "hint", "unwritable", "too-long", "nothing"],
)
def test_what_was_stopped_names_whom_a_person_could_still_write_to(raw: bytes, recipient: str | None) -> None:
    found = verdict(raw)

    assert (found.recipient.key if found.recipient else None) == recipient


def test_a_lead_is_found_behind_a_name_that_had_to_be_guessed() -> None:
    guessed = {"sender": "Shop, Example <noreply@shop.example>"}
    mine = Settings(
        own_addresses=(ME,), trusted_authserv_ids=(BORDER,), border_hosts=(BORDER,), form_senders=("web@example.org",)
    )
    stopped = verdict(letter("Reply-To: carla@nova.example", **guessed))
    bounded = verdict(
        letter(
            "Reply-To: carla@nova.example",
            sender="Site, My <web@example.org>",
            return_path="web@example.org",
            results="dmarc=pass header.from=example.org",
        ),
        settings=mine,
    )

    assert stopped.recipient is not None
    assert (stopped.outcome, stopped.recipient.key) == (Outcome.REVIEW, "carla@nova.example")
    assert bounded.recipient is not None
    assert (bounded.outcome, bounded.recipient.key) == (Outcome.ACK_MIN, "carla@nova.example")


@pytest.mark.parametrize(
    ("fields", "outcome"),
    [
        (("Auto-Submitted: auto-generated",), Outcome.ACK_MIN),
        (("X-Autogenerated: form",), Outcome.ACK_MIN),
        (("Auto-Submitted: auto-replied",), Outcome.SUPPRESS),
        (("List-Id: <x.example>",), Outcome.SUPPRESS),
        (("X-Spam-Flag: YES",), Outcome.SUPPRESS),
    ],
)
def test_a_configured_form_may_be_a_program_and_nothing_else(fields: tuple[str, ...], outcome: Outcome) -> None:
    settings = Settings(
        own_addresses=(ME,),
        trusted_authserv_ids=(BORDER,),
        border_hosts=(BORDER,),
        form_senders=("noreply@example.org Question",),
    )
    proved = "dmarc=pass header.from=example.org"

    def sent(*more: str, results: str = proved, subject: str = "Question") -> Verdict:
        raw = letter(
            "Reply-To: carla@nova.example", *more, sender="noreply@example.org", subject=subject, results=results,
            return_path="noreply@example.org",
        )  # fmt: skip
        return verdict(raw, settings=settings)

    assert sent(*fields).outcome is outcome
    assert sent(results="none").outcome is Outcome.REVIEW
    assert sent(subject="Order").outcome is Outcome.REVIEW


@pytest.mark.parametrize(
    ("results", "proved"),
    [
        ("dmarc=pass header.from=client.example", True),
        ("dmarc=fail header.from=client.example", False),
        ("none", False),
    ],
    ids=["passed", "failed", "not said"],
)
def test_who_wrote_is_proved_where_my_border_says_so(results: str, proved: bool) -> None:
    trusting = Settings(own_addresses=(ME,), trusted_authserv_ids=(BORDER,), border_hosts=(BORDER,))
    message = parse(letter(results=results))

    found = sender_is_proved(
        message, history=History(), settings=trusting, now=NOW, circumstances=Circumstances(received_at=NOW)
    )

    assert found is proved
