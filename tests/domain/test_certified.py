"""Italian certified mail: the envelope is a machine's, the letter in it a person's, and read as such."""

from __future__ import annotations

import base64

from inboxcrm.domain import contents
from inboxcrm.domain.certified import DISAGREES
from inboxcrm.domain.mime import parse
from inboxcrm.parsing_wire import Parsed, from_wire, to_wire
from tests.mail_builders import MAIL

ENVELOPE = b"""\
From: "Per conto di: carla@pec.studio.example" <posta-certificata@pec.provider.example>
Reply-To: carla@pec.studio.example
To: ann@example.org
Subject: POSTA CERTIFICATA: Offerta
Message-ID: <opec.1@provider.example>
References: <envelope.0@provider.example>
X-Trasporto: posta-certificata
Content-Type: multipart/mixed; boundary=PEC

--PEC
Content-Type: text/plain

Messaggio di posta certificata
--PEC
Content-Type: message/rfc822; name="postacert.eml"
Content-Disposition: attachment; filename="postacert.eml"

From: Carla Rossi <carla@pec.studio.example>
To: ann@example.org
Cc: eva@studio.example
Subject: Offerta
Message-ID: <letter.1@studio.example>
In-Reply-To: <sent.1@example.org>
Content-Type: multipart/mixed; boundary=IN

--IN
Content-Type: text/html

<p>Va bene.</p>
--IN
Content-Type: application/pdf; name="firma.pdf"
Content-Disposition: attachment; filename="firma.pdf"
Content-Transfer-Encoding: base64

JVBERg==
--IN--

--PEC--
"""


def test_a_certified_mail_is_read_as_the_letter_it_carries() -> None:
    mail = parse(ENVELOPE)

    assert mail.author is not None
    assert (mail.author.name, mail.author.key) == ("Carla Rossi", "carla@pec.studio.example")
    assert (mail.subject, mail.text, mail.html_only) == ("Offerta", "Va bene.", True)
    assert [one.key for one in mail.recipients] == ["ann@example.org", "eva@studio.example"]
    assert set(mail.ancestors) == {"<sent.1@example.org>", "<envelope.0@provider.example>"}
    assert mail.message_id == "<opec.1@provider.example>"
    assert mail.first("x-trasporto") == "posta-certificata"
    assert mail.carried is not None
    assert mail.carried.message_id == "<letter.1@studio.example>"


def test_the_files_in_the_letter_stand_beside_those_of_the_envelope_and_can_be_fetched() -> None:
    mail = parse(ENVELOPE)

    assert [part.path for part in mail.attachments] == ["2", "2.2"]
    found = contents.part(ENVELOPE, "2.2")
    assert found is not None
    assert (found[0].path, found[0].filename, found[1]) == ("2.2", "firma.pdf", b"%PDF")
    assert contents.part(ENVELOPE, "2.9") is None
    assert contents.part(ENVELOPE, "1.2") is None
    assert contents.html(ENVELOPE) == "<p>Va bene.</p>"


def test_an_envelope_that_names_another_writer_than_the_letter_stays_closed() -> None:
    raw = ENVELOPE.replace(b"From: Carla Rossi <carla@pec.studio.example>", b"From: Eva <eva@altro.example>")

    mail = parse(raw)

    assert mail.subject == "POSTA CERTIFICATA: Offerta"
    assert mail.carried is None
    assert DISAGREES in mail.defects


def test_the_name_of_the_envelope_names_the_writer_where_reply_to_does_not() -> None:
    assert parse(ENVELOPE.replace(b"Reply-To: carla@pec.studio.example\n", b"")).subject == "Offerta"


def test_a_letter_in_an_ordinary_mail_stays_a_file() -> None:
    raw = ENVELOPE.replace(b"X-Trasporto: posta-certificata\n", b"")

    assert parse(raw).subject == "POSTA CERTIFICATA: Offerta"
    assert contents.html(raw) is None


def test_a_letter_that_was_encoded_is_read_too() -> None:
    at = ENVELOPE.index(b"From: Carla Rossi")
    end = ENVELOPE.index(b"\n--PEC--")
    letter = base64.encodebytes(ENVELOPE[at:end])
    raw = ENVELOPE[: at - 1] + b"Content-Transfer-Encoding: base64\n\n" + letter + ENVELOPE[end:]

    assert parse(raw).subject == "Offerta"


def test_envelopes_in_envelopes_are_opened_once() -> None:
    raw = ENVELOPE
    for number in range(40):
        boundary = b"L%d" % number
        raw = (
            ENVELOPE[: ENVELOPE.index(b"Content-Type: multipart")]
            + b"Content-Type: multipart/mixed; boundary="
            + boundary
            + b"\n\n--"
            + boundary
            + b"\nContent-Type: message/rfc822\n\n"
            + raw.replace(b"posta-certificata@pec.provider.example", b"carla@pec.studio.example")
            + b"\n--"
            + boundary
            + b"--\n"
        )

    mail = parse(raw)

    assert mail.carried is not None
    assert mail.carried.carried is None


def test_a_certified_letter_comes_whole_out_of_the_parsing_process() -> None:
    mail = parse((MAIL / "review" / "pec-letter.eml").read_bytes())

    assert from_wire(to_wire(Parsed(mail, "x", None))).message == mail
    assert mail.carried is not None
