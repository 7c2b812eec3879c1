"""Which words are new, and what a subject is about."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.quoting import new_text, normalised_subject

QUOTE = "\n\n> the old\n> words\n"
ATTRIBUTIONS = {
    "en": "On Tue, 3 Mar 2026 at 10:00, Ann Example <ann@example.org> wrote:",
    "en wrapped": "On Tue, 3 Mar 2026 at 10:00, Ann Example\n<ann@example.org> wrote:",
    "de": "Am Di., 3. März 2026 um 10:00 Uhr schrieb Ann Example <ann@example.org>:",
    "fr": "Le mar. 3 mars 2026 à 10:00, Ann Example <ann@example.org> a écrit\u00a0:",
    "es": "El mar, 3 mar 2026 a las 10:00, Ann Example (<ann@example.org>) escribió:",
    "it": "Il giorno mar 3 mar 2026 alle ore 10:00 Ann Example <ann@example.org> ha scritto:",
    "pt": "Em ter., 3 de mar. de 2026 às 10:00, Ann Example <ann@example.org> escreveu:",
    "nl": "Op di 3 mrt 2026 om 10:00 schreef Ann Example <ann@example.org>:",
    "nl forum": "Op 3 maart 2026 heeft Ann het volgende geschreven:",
    "ja": "2026年3月3日(火) 10:00 Ann Example <ann@example.org>:",
    "ja wrote": "2026/03/03 10:00、Annさんのメール:",
    "sv": "Den tis 3 mars 2026 kl 10:00 skrev Ann Example <ann@example.org>:",
    "name first": "Ann Example <ann@example.org> wrote on 3 Mar 2026:",
}
BLOCKS = {
    "en": "From: Ann\nSent: Tuesday\nTo: Bob\nSubject: x",
    "de": "Von: Ann\nGesendet: Dienstag\nAn: Bob\nBetreff: x",
    "fr": "De : Ann\nEnvoyé : mardi\nÀ : Bob\nObjet : x",
    "es": "De: Ann\nEnviado el: martes\nPara: Bob\nAsunto: x",
    "it": "Da: Ann\nInviato: martedì\nA: Bob\nOggetto: x",
    "pt": "De: Ann\nEnviada em: terça\nPara: Bob\nAssunto: x",
    "nl": "Van: Ann\nVerzonden: dinsdag\nAan: Bob\nOnderwerp: x",
    "ja": "差出人: Ann\n送信日時: 2026年3月3日\n宛先: Bob\n件名: x",
    "bold": "*From:* Ann\n*Sent:* Tuesday\n*To:* Bob",
    "ruled": "________________________________\nFrom: Ann\nSent: Tuesday\nTo: Bob",
    "original": "-----Original Message-----\nwhatever",
    "ursprünglich": "-----Ursprüngliche Nachricht-----\nwhatever",
    "forwarded": "---------- Forwarded message ---------\nFrom: Ann",
    "apple": "Begin forwarded message:\n\nwhatever",
}


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
def test_the_answer_above_a_quote_is_new(attribution: str) -> None:
    assert new_text(f"Thank you.\n\n{attribution}{QUOTE}") == "Thank you."


@pytest.mark.parametrize("attribution", ATTRIBUTIONS.values(), ids=ATTRIBUTIONS.keys())
def test_the_answer_below_a_quote_is_new(attribution: str) -> None:
    assert new_text(f"{attribution}{QUOTE}\nThank you.\n") == "Thank you."


@pytest.mark.parametrize("attribution", [ATTRIBUTIONS["en"], ATTRIBUTIONS["de"]], ids=["en", "de"])
def test_an_attribution_without_quote_marks_ends_what_is_new(attribution: str) -> None:
    assert new_text(f"Thank you.\n\n{attribution}\n\nthe old words\n") == "Thank you."


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS.keys())
def test_an_old_mail_below_its_header_is_not_new(block: str) -> None:
    assert new_text(f"Thank you.\n\n{block}\n\nthe old words\n") == "Thank you."


def test_answers_between_quotes_are_kept() -> None:
    assert new_text("Hi\n> one?\nyes\n> two?\nno\n") == "Hi\nyes\nno"


@pytest.mark.parametrize("ending", ["-- \nAnn\nExample Ltd", "--\nAnn"], ids=["dash dash space", "dash dash"])
def test_a_signature_is_not_new(ending: str) -> None:
    assert new_text(f"Thank you.\n{ending}\n") == "Thank you."


@pytest.mark.parametrize(
    "line",
    ["Sent from my iPhone", "Von meinem iPhone gesendet", "Envoyé de mon iPhone", "Enviado desde mi iPhone",
     "Inviato da iPhone", "Enviado do meu iPhone", "Verzonden vanaf mijn iPhone",
     "iPhoneから送信", "Get Outlook for iOS"],
)  # fmt: skip
def test_what_a_device_adds_is_not_new(line: str) -> None:
    assert new_text(f"Thank you.\n\n{line}\n") == "Thank you."


@pytest.mark.parametrize(
    "text",
    ["On Monday Ann wrote: please call.", "He wrote:\nall is well", "From: the station to the house is a mile.",
     "Sent the parcel today.", "a -- b", "Am Montag schrieb ich den Bericht fertig."],
)  # fmt: skip
def test_ordinary_words_stay(text: str) -> None:
    assert new_text(text) == text


def test_a_mail_that_only_forwards_says_nothing_new() -> None:
    assert new_text(BLOCKS["forwarded"] + "\n\nwords") == ""


@settings(max_examples=150)
@given(st.text(alphabet="> \nOn1wrote:FTo-_ab", max_size=200))
def test_new_text_is_never_longer_and_never_raises(text: str) -> None:
    assert len(new_text(text)) <= len(text)


@pytest.mark.parametrize(
    "shard",
    [">", "> ", "\n>", "\n", "\n ", "On 1 ", "On 1\n", "On 1 x\n wrote", "From: a\n", "From: a\nTo: b\n", "_", "-",
     "2026/1/1 ", "a wrote", "\nさん", "x wrote:\n", "Von meinem \n", "________________\n", "re:", "[a]", "Re [", " "],
    ids=ascii,
)  # fmt: skip
def test_a_flood_of_marks_costs_its_length_only(shard: str) -> None:
    text = (shard * 26_000)[:26_000]
    started = process_time()

    new_text(text)
    normalised_subject(text)

    assert process_time() - started < 5  # a quadratic pattern needs minutes


SUBJECTS = [
    ("Re: Offer", "offer"),
    ("RE: AW: Antw: SV: VS: RIF: R: TR: RV: ENC: Fwd: WG: Offer", "offer"),
    ("Re[2]: Re(3): Re^4: Re2: Offer", "offer"),
    ("Re : Offre", "offre"),
    ("回复：返信: 見積", "見積"),
    ("[staff] Re: [staff] Offer", "offer"),
    ("Re: [#4711] Offer", "[#4711] offer"),
    ("Re: [JIRA-12] Offer", "[jira-12] offer"),
    ("Offer (fwd)", "offer"),
    ("  Two   blanks ", "two blanks"),
    ("Automatic reply: Offer", "offer"),
    ("Rechnung: März", "rechnung: märz"),
    ("Regarding: Offer", "regarding: offer"),
    ("Re:", ""),
    ("", ""),
]


@pytest.mark.parametrize(("subject", "key"), SUBJECTS, ids=[row[0] or "empty" for row in SUBJECTS])
def test_a_subject_has_a_key_without_marks(subject: str, key: str) -> None:
    assert normalised_subject(subject) == key


def test_marks_can_be_repeated_without_end() -> None:
    assert normalised_subject("Re: " * 400 + "Offer") == "offer"
