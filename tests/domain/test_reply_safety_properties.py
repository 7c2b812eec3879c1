"""Whatever else a mail carries: neutral fields never silence a person, and one machine's mark always silences."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import History, MailClass, Outcome, Settings, judge
from tests.mail_builders import BORDER, ME, NOW, Case, cases, letter

SETTINGS = Settings(own_addresses=(ME,), trusted_authserv_ids=(BORDER,), border_hosts=(BORDER,))

NEUTRAL = (
    "X-Mailer: Microsoft Outlook 16.0",
    "User-Agent: Mozilla Thunderbird",
    "Importance: high",
    "X-Priority: 1",
    "Auto-Submitted: no",
    "Auto-Submitted: No (a person)",
    "Precedence: first-class",
    "X-Auto-Response-Suppress: DR, RN, NRN",
    "X-Spam-Status: No, score=-2.1 tests=BAYES_00,YES_MAN autolearn=ham",
    "X-Spam-Flag: NO",
    "X-MS-Exchange-Inbox-Rules-Loop: bob@client.example",
    "Feedback-ID: i1:Fastmail",
    "Feedback-ID: 1:user:proton",
    "Disposition-Notification-To: bob@client.example",
    "Return-Receipt-To: bob@client.example",
    "Thread-Topic: Automatic reply",
    "X-Autoreply: no",
    "Organization: Mailing-list Services",
    "Keywords: vacation, bulk, list",
    "Comments: Auto-Submitted: auto-replied",
    "X-Ack: yes",
    "DKIM-Signature: v=1; a=rsa-sha256; d=client.example; h=list-id:precedence; b=x",
    "X-Virus-Scanned: amavisd-new at client.example",
    "Content-Language: de",
    "In-Reply-To: <unknown@elsewhere.example>",
    "Sender: secretary@client.example",
    "Reply-To: office@client.example",
    "List-Unsubscribed: no such field",
    "X-Custom: =?utf-8?Q?Out_of_office=3A?=",
)

MARKS = (
    "Auto-Submitted: auto-replied",
    "auto-submitted: (comment) AUTO-GENERATED; x=y",
    "Auto-Submitted: auto-notified",
    "AUTO-SUBMITTED: yes",
    "X-InboxCRM-Auto: token",
    "List-Id: <x.lists.example>",
    "List-Post: NO",
    "X-BeenThere: x@lists.example",
    "Mailing-List: contact x@lists.example",
    "Precedence: bulk",
    "Precedence: Junk",
    "Precedence: list",
    "X-Precedence: auto_reply",
    "X-Ack: no",
    "X-Auto-Response-Suppress: OOF, DR",
    "X-Auto-Response-Suppress: all",
    "X-Auto-Response-Suppress: AutoReply",
    "X-Autoreply: yes",
    "X-Autorespond: message",
    "X-Apple-Action: VACATION",
    "X-Vacation: on",
    "X-Failed-Recipients: x@client.example",
    "X-Envelope-From: <>",
    "X-Spam-Flag: Yes",
    "X-Spam-Status: Yes, score=9",
    "X-JIRA-FingerPrint: 1",
    "X-GitHub-Reason: mention",
    "X-Bugzilla-Type: changed",
    "X-Launchpad-Bug: 1",
    "X-Facebook-Notify: x",
    "X-Cron-Env: <A=B>",
    "X-DSNContext: x",
    "Sender: talk-bounces@lists.example",
    f"Sender: {ME}",
    "From: second@client.example",
    "Content-Class: urn:content-classes:dsn",
    "X-Ricevuta: accettazione",
    f"X-Loop: {ME}",
)

PERSONS = [case for case in cases() if case.outcome == "ack" and not case.settings.own_lists]


def outcome_of(raw: bytes) -> Outcome:
    return judge(parse(raw), history=History(), settings=SETTINGS, now=NOW, circumstances=None).outcome


@given(fields=st.lists(st.sampled_from(NEUTRAL), max_size=12))
@settings(max_examples=150, deadline=None)
def test_neutral_fields_never_silence_a_person(fields: list[str]) -> None:
    single = dict.fromkeys(fields)

    assert outcome_of(letter(*single)) is Outcome.ACK


@given(
    mark=st.sampled_from(MARKS),
    before=st.lists(st.sampled_from(NEUTRAL), max_size=5),
    behind=st.lists(st.sampled_from(NEUTRAL), max_size=5),
)
@settings(max_examples=200, deadline=None)
def test_one_machines_mark_silences_wherever_it_stands(mark: str, before: list[str], behind: list[str]) -> None:
    assert outcome_of(letter(*before, mark, *behind)) is Outcome.SUPPRESS


@pytest.mark.parametrize("mark", MARKS)
def test_every_mark_silences_every_kind_of_person(mark: str) -> None:
    for person in PERSONS[::6]:
        raw = person.path.read_bytes().lstrip()
        assert judged(person, _with(raw, mark)) in (Outcome.SUPPRESS, Outcome.REVIEW), person.name


@given(name=st.from_regex(r"X-[A-Z][a-z]{2,8}-[a-z]{3,10}Q", fullmatch=True), value=st.text(max_size=80))
@settings(max_examples=100, deadline=None)
def test_an_unknown_field_changes_nothing_whatever_it_says(name: str, value: str) -> None:
    line = " ".join(value.split()) or "x"

    assert outcome_of(letter(f"{name}: x{line}")) is Outcome.ACK


@given(raw=st.binary(max_size=2_000))
@settings(max_examples=100, deadline=None)
def test_octets_of_any_kind_are_a_verdict_and_never_an_acknowledgement(raw: bytes) -> None:
    found = judge(parse(raw), history=History(), settings=SETTINGS, now=NOW, circumstances=None)

    assert found.outcome is Outcome.SUPPRESS
    assert not found.failed, found.alert


@given(junk=st.binary(max_size=300), at=st.integers(min_value=0, max_value=600))
@settings(max_examples=150, deadline=None)
def test_damage_never_makes_the_gate_fail(junk: bytes, at: int) -> None:
    raw = letter()
    damaged = raw[:at] + junk + raw[at:]

    found = judge(parse(damaged), history=History(), settings=SETTINGS, now=NOW, circumstances=None)

    assert not found.failed, found.alert


@pytest.mark.parametrize("case", cases(), ids=lambda case: case.name)
def test_whoever_is_answered_is_no_machine_and_has_an_address(case: Case) -> None:
    found = case.judge()

    if found.outcome in (Outcome.ACK, Outcome.ACK_MIN):
        assert found.mail_class is not MailClass.MACHINE
        assert found.recipient is not None
        assert "@" in found.recipient.key
    assert not found.failed, found.alert


def _with(raw: bytes, mark: str) -> bytes:
    """The mail with one field more, in front of its From."""
    line_end = b"\r\n" if b"\r\n" in raw else b"\n"
    at = raw.index(b"\nFrom: ") + 1
    return raw[:at] + mark.encode() + line_end + raw[at:]


def judged(case: Case, raw: bytes) -> Outcome:
    """The outcome of other octets under a fixture's settings."""
    history = History(known=bool(case.options.known))
    return judge(parse(raw), history=history, settings=case.settings, now=NOW, circumstances=None).outcome
