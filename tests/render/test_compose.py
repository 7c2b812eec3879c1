"""The bytes of our mail, field by field, and what hostile text can make of them: nothing."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.address import address
from inboxcrm.domain.message import Address
from inboxcrm.domain.outbox import Draft
from inboxcrm.errors import TemplateError
from inboxcrm.render import UndeliverableError, deliverable, instance_token, message_id
from inboxcrm.render.clean import unsafe_characters
from tests.render.conftest import OWNER, SECRET, drafted, written

INVISIBLE = "\u200b\u200d\u202e\u2066\u2069\ufeff\u00ad\u034f\u3164"
BREAKS = "\r\n\x00\x0b\x0c\x1b\x85\u2028\u2029"


def parsed(draft: Draft) -> EmailMessage:
    """The mail as a reader's program sees it."""
    return message_from_bytes(draft.raw, _class=EmailMessage, policy=SMTP)


def test_an_automatic_mail_carries_exactly_these_fields() -> None:
    draft = drafted()

    assert parsed(draft).items() == [
        ("From", "Ann Example <ann@example.org>"),
        ("To", "Bob Builder <bob@example.com>"),
        ("Subject", "Automatic reply: The roof"),
        ("Date", "Mon, 02 Mar 2026 16:30:00 +0100"),
        ("Message-ID", draft.message_id),
        ("In-Reply-To", "<2@example.com>"),
        ("References", "<1@example.com> <2@example.com>"),
        ("Auto-Submitted", "auto-replied"),
        ("X-Auto-Response-Suppress", "All"),
        ("X-InboxCRM-Auto", instance_token(SECRET)),
        ("X-Loop", "ann@example.org"),
        ("Content-Language", "en"),
        ("MIME-Version", "1.0"),
        ("Content-Type", 'text/plain; charset="utf-8"'),
        ("Content-Transfer-Encoding", "quoted-printable"),
    ]
    assert (draft.envelope_from, draft.recipient) == ("", "bob@example.com")


def test_a_mail_of_a_person_carries_no_mark_of_a_machine() -> None:
    draft = written()

    names = parsed(draft).keys()
    assert not {"Auto-Submitted", "X-Auto-Response-Suppress", "X-InboxCRM-Auto", "X-Loop", "Precedence"} & set(names)
    assert draft.envelope_from == "ann@example.net"
    assert draft.text == "Dear Bob,\n\nyes.\n\nAnn\n"


def test_where_the_null_sender_is_not_taken_bounces_come_to_the_alias() -> None:
    assert drafted(null_sender=False).envelope_from == "ann@example.org"


def test_the_alias_that_was_written_to_answers() -> None:
    draft = drafted(alias="ANN@Example.NET")

    assert parsed(draft)["From"] == "Ann Example <ann@example.net>"
    assert parsed(draft)["X-Loop"] == "ann@example.net"
    assert draft.message_id.endswith("@example.net>")


def test_an_alias_that_nothing_can_be_sent_from_is_answered_from_the_first_address() -> None:
    owner = replace(OWNER, addresses=(*OWNER.addresses, "jörg@example.org"))

    draft = drafted(alias="jörg@example.org", owner=owner)

    assert parsed(draft)["From"] == "Ann Example <ann@example.org>"


def test_an_alias_that_is_not_the_owners_never_becomes_the_author() -> None:
    assert parsed(drafted(alias="victim@example.com"))["From"] == "Ann Example <ann@example.org>"


def test_the_message_id_is_the_same_again_and_nobody_elses() -> None:
    assert drafted().message_id == drafted(original_subject="other", language="de").message_id
    assert drafted().message_id == message_id("ack:1", secret=SECRET, domain="example.org")
    assert drafted(dedupe_key="ack:2").message_id != drafted().message_id
    assert message_id("ack:1", secret=b"another secret .....", domain="example.org") != drafted().message_id


def test_the_token_of_a_home_names_no_host_and_differs_between_homes() -> None:
    assert instance_token(SECRET) == instance_token(SECRET)
    assert instance_token(SECRET) != instance_token(SECRET + b"!")
    assert len(instance_token(SECRET * 10)) == 16


def test_a_short_secret_is_no_secret() -> None:
    with pytest.raises(ValueError, match="at least 16 octets"):
        message_id("ack:1", secret=b"short", domain="example.org")


def test_a_stranger_hears_nothing_of_what_he_wrote() -> None:
    draft = drafted(
        template="minimal",
        original_subject=None,
        to=address("Buy now at http://spam.example", "eve@example.com"),
        values={"due": "by the end of Tuesday 3 March"},
    )

    assert parsed(draft)["To"] == "eve@example.com"
    assert draft.subject == "Automatic reply: Your message has arrived"
    assert "spam" not in draft.raw.decode()


@pytest.mark.parametrize(
    ("language", "subject"),
    [
        ("en", "Automatic reply: Dach"),
        ("de", "Automatische Antwort: Dach"),
        ("de-CH", "Automatische Antwort: Dach"),
        ("fr", "Réponse automatique : Dach"),
        ("es", "Respuesta automática: Dach"),
        ("it", "Risposta automatica: Dach"),
        ("pt", "Resposta automática: Dach"),
        ("nl", "Automatisch antwoord: Dach"),
        ("ja", "自動返信: Dach"),
        ("sv", "Automatic reply: Dach"),
    ],
)
def test_the_prefix_is_in_the_language_of_the_text(language: str, subject: str) -> None:
    draft = drafted(language=language, original_subject="Dach")

    assert draft.subject == subject
    assert parsed(draft)["Subject"] == subject


@pytest.mark.parametrize("empty", ["", " ", "\r\n", INVISIBLE])
def test_a_subject_without_anything_visible_becomes_the_fixed_one(empty: str) -> None:
    assert drafted(original_subject=empty).subject == "Automatic reply: Your message has arrived"


def test_a_long_subject_is_cut_between_two_letters() -> None:
    subject = drafted(original_subject="e\u0301🇨🇭" * 2_000).subject

    assert len(subject) <= 150
    assert subject.endswith("…")
    assert drafted(original_subject="🇨🇭" * 200).subject.removesuffix("…").count("🇨") == 66


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Maier, Bernd", '"Maier, Bernd" <bob@example.com>'),
        ('Bob "the \\ Builder"', '"Bob \\"the \\\\ Builder" <bob@example.com>'),
        ("Köbi", "Köbi <bob@example.com>"),
        ("=?utf-8?q?a?=", None),
        ("Bob\r\nBcc: eve@example.com", "bob@example.com"),
        ("eve@example.com", "bob@example.com"),
        ("www.example.com", "bob@example.com"),
        ("x" * 10_000, None),
        ("\u202eBob\u2066", "Bob <bob@example.com>"),
    ],
)
def test_a_name_is_written_safely_or_not_at_all(name: str, shown: str | None) -> None:
    field = parsed(drafted(to=Address(name, "bob@example.com", "bob@example.com")))["To"]

    assert len(field.addresses) == 1
    assert field.addresses[0].addr_spec == "bob@example.com"
    assert len(field.addresses[0].display_name) <= 70
    assert shown is None or str(field) == shown


@pytest.mark.parametrize(
    ("in_reply_to", "references", "written_ids"),
    [
        (None, ("<1@a.example>",), None),
        ("2@a.example", (), None),
        ("<2@a.example> <3@a.example>", (), None),
        ("<2@a.example>\r\nBcc: eve@example.com", (), None),
        ("<ü@a.example>", (), None),
        (f"<{'x' * 300}@a.example>", (), None),
        ("<no-at-sign>", (), None),
        ("<2@a>", (), "<2@a>"),
        ("<2@a>", ("<1@a>", "junk", "<0@a>\r\nX: y", "<2@a>"), "<1@a> <2@a>"),
    ],
)
def test_threading_names_valid_ids_or_nothing(
    in_reply_to: str | None, references: tuple[str, ...], written_ids: str | None
) -> None:
    message = parsed(drafted(in_reply_to=in_reply_to, references=references))

    assert message["References"] == written_ids
    assert (message["In-Reply-To"] is None) == (written_ids is None)


def test_only_the_last_twenty_references_go_along() -> None:
    references = tuple(f"<{number}@a.example>" for number in range(10_000))

    ids = str(parsed(drafted(references=references))["References"]).split()

    assert ids == [*references[-20:], "<2@example.com>"]


def test_long_references_are_dropped_from_the_oldest() -> None:
    references = tuple(f"<{number:02}{'x' * 230}@a.example>" for number in range(20))

    field = str(parsed(drafted(references=references))["References"])

    assert len(field) <= 2_000
    assert field.split() == [*references[-8:], "<2@example.com>"]


@pytest.mark.parametrize(
    "spec",
    [
        "bøb@example.com",
        '"bob smith"@example.com',
        "bob@example",
        "bob",
        "@example.com",
        "bob@",
        "bob..x@example.com",
        ".bob@example.com",
        "a,b@example.com",
        "bob@example.com,eve@example.net",
        "bob@example.com> NOTIFY=SUCCESS",
        "bob@example.com\r\nRCPT TO:<eve@example.net>",
        "bob\x00@example.com",
        "bob@[192.0.2.1]",
        "@a.example:bob@example.com",
        f"{'x' * 65}@example.com",
        f"bob@{'x' * 60}.{'y' * 60}.{'z' * 60}.{'w' * 60}.example.com",
        "bob@exa mple.com",
        "bob@-example.com",
        "bob＠example.com",
    ],
)
def test_an_address_that_is_not_plain_is_refused_not_repaired(spec: str) -> None:
    with pytest.raises(UndeliverableError) as refused:
        drafted(to=address("", spec))

    assert refused.value.code == "undeliverable"
    assert spec not in str(refused.value)


@pytest.mark.parametrize(
    ("spec", "written_to"),
    [
        ("Bob.O'Hara+tag@Example.COM", "Bob.O'Hara+tag@example.com"),
        ("bob@bücher.example", "bob@xn--bcher-kva.example"),
        ("a!b%c@example.com", "a!b%c@example.com"),
    ],
)
def test_a_plain_address_keeps_its_local_part_and_gets_an_a_label(spec: str, written_to: str) -> None:
    assert deliverable(address("", spec)) == written_to
    assert drafted(to=address("", spec)).recipient == written_to


@pytest.mark.parametrize("spec", ["jörg@client.example", "用户@client.example", "jo\u0308rg+a@bücher.example"])
@pytest.mark.parametrize("name", ["", "Jörg Müller", "Bob"])
def test_an_address_beyond_ascii_is_written_as_it_is_where_that_is_set(spec: str, name: str) -> None:
    draft = drafted(to=address(name, spec), original_subject="Grüße", smtputf8=True)

    local, _, _ = spec.rpartition("@")
    head = draft.raw.partition(b"\r\n\r\n")[0].decode()
    beyond = [line for line in head.split("\r\n") if not line.isascii()]
    assert draft.recipient.startswith(f"{local}@")
    assert draft.recipient.rpartition("@")[2].isascii()
    assert len(beyond) == 1
    assert draft.recipient in beyond[0]


@pytest.mark.parametrize(
    "spec",
    [
        "ﬁn@client.example",
        "jörg\u202e@client.example",
        "jörg\u200b@client.example",
        "jö rg@client.example",
        "jörg@client.example> NOTIFY=SUCCESS",
        "\udce4@client.example",
        f"{'ö' * 33}@client.example",
        '"jörg"@client.example',
        "jörg＠client.example",
    ],
)
def test_an_address_beyond_ascii_that_is_not_a_plain_word_is_refused(spec: str) -> None:
    with pytest.raises(UndeliverableError):
        drafted(to=address("", spec), smtputf8=True)


def test_mail_data_is_never_a_template() -> None:
    draft = drafted(
        original_subject="{{ owner_name }} ${x} %(x)s {0.__class__}",
        values={
            **dict.fromkeys(("phone", "urgent_word", "reason", "plan_note")),
            "due": "by Tuesday",
            "owner_name": "Ann",
            "sender_name": "{{ ''.__class__.__mro__ }} {% raise %}",
            "first_name": None,
            "form": "formal",
        },
    )

    assert draft.subject == "Automatic reply: {{ owner_name }} ${x} %(x)s {0.__class__}"
    assert "Hello {{ ''.__class__.__mro__ }} {% raise %}," in draft.text


def test_a_draft_for_the_owners_hand_is_never_sent_by_itself() -> None:
    with pytest.raises(TemplateError, match="waits for the owner's hand"):
        drafted(template="apology")


def test_a_value_that_is_missing_stops_the_mail() -> None:
    with pytest.raises(TemplateError, match="needs due, first_name, form, owner_name"):
        drafted(values={})


def test_what_a_person_laid_out_stays_so() -> None:
    text = "Dear Bob,\r\n\r\n    an   indented\tline\n> quoted 👩‍💻\n-- \nAnn\n\n\n"

    assert written(text=text).text == "Dear Bob,\n\n    an   indented\tline\n> quoted 👩‍💻\n-- \nAnn\n"


def test_dots_and_from_lines_survive() -> None:
    text = ".\nFrom here\n..two\n" + "long " * 300 + "\n=3D\ttab\n"

    content = parsed(written(text=text)).get_content().replace("\r\n", "\n")

    assert content.startswith(".\nFrom here\n..two\n")


hostile = st.text(
    st.one_of(
        st.characters(),
        st.sampled_from(BREAKS + INVISIBLE + '<>@,;:"\\()[]=?{}%$'),
        st.sampled_from("aé日\U0001f1e8\U0001f3fb\u0301"),
    ),
    max_size=300,
)
near_ids = st.one_of(hostile, st.builds("<{}@{}>".format, hostile, hostile), st.just("<1@example.com>"))


@settings(max_examples=150)
@given(
    name=hostile,
    subject=st.none() | hostile,
    value=hostile,
    in_reply_to=st.none() | near_ids,
    references=st.lists(near_ids, max_size=30).map(tuple),
    owner_name=hostile,
)
def test_hostile_text_never_changes_what_the_mail_is(
    name: str, subject: str | None, value: str, in_reply_to: str | None, references: tuple[str, ...], owner_name: str
) -> None:
    values = {"due": value, "owner_name": f"A{owner_name}", "sender_name": name, "reason": value, "phone": value}
    values |= {"first_name": name, "form": value}

    draft = drafted(
        to=Address(name, "bob@example.com", "bob@example.com"),
        original_subject=subject,
        values={**values, "urgent_word": None, "plan_note": value},
        in_reply_to=in_reply_to,
        references=references,
        owner=OWNER.__class__(owner_name, OWNER.addresses, OWNER.timezone, "en"),
    )

    message = parsed(draft)
    assert [one.addr_spec for one in message["To"].addresses] == ["bob@example.com"]
    assert message["Cc"] is message["Bcc"] is message["Reply-To"] is None
    assert message["Auto-Submitted"] == "auto-replied"
    assert not unsafe_characters(message["Subject"])
    assert not unsafe_characters(draft.text.replace("\n", ""))
    assert draft.raw.isascii()
    assert max(map(len, draft.raw.split(b"\r\n"))) <= 998


@settings(max_examples=100)
@given(text=hostile, subject=hostile)
def test_what_a_person_wrote_arrives_as_it_was_shown(text: str, subject: str) -> None:
    draft = written(text=f"{text}x", subject=subject)

    content = parsed(draft).get_content().replace("\r\n", "\n")
    assert content == draft.text
    assert parsed(draft)["Subject"] == draft.subject
