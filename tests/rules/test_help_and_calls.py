"""The rules for "nothing works" and for calls, in eight languages, with the neighbours that mean something else."""

from __future__ import annotations

import pytest

from inboxcrm.domain.policies import Policy
from tests.rules.situations import met, situation, word

NOTHING_WORKS = [
    "Hello Ann, nothing works since this morning, please help!",
    "Our shop is down.",
    "The printer stopped working.",
    "Hallo Ann, bei uns geht gar nichts mehr.",
    "Der Drucker funktioniert nicht mehr.",
    "Bonjour, plus rien ne marche depuis ce matin.",
    "L’imprimante ne fonctionne plus.",
    "Hola, no funciona nada.",
    "La impresora ha dejado de funcionar.",
    "Buongiorno, non funziona più niente: la stampante non funziona più.",
    "Bom dia, o servidor deixou de funcionar.",
    "Goedemorgen, er werkt niets meer.",
    "De kassa doet het niet meer.",
    "プリンターが動かなくなりました。",
    "何も動きません。助けてください。",
]
WORKS = [
    "It stopped working yesterday, but it works again.",
    "Alles geht wieder, nichts funktioniert besser als das.",
    "The plan: if nothing works, we call you.",
    "Tout fonctionne à nouveau, merci.",
    "Vuelve a funcionar todo.",
    "Di nuovo funziona tutto, prima non funzionava niente.",
    "Já voltou a funcionar.",
    "Alles werkt weer.",
    "復旧しました。ありがとうございます。",
    "When does the offer expire?",
    "The works on the roof begin on Monday, nothing else.",
    "Es geht um nichts weniger als die Abnahme.",
]


@pytest.mark.parametrize("text", NOTHING_WORKS)
def test_nothing_works_is_asked_three_questions(text: str) -> None:
    said = word(situation(text))

    assert said.matches[0].rule == "nothing works"
    assert (said.acknowledge, said.policy) == ("three-questions", Policy.ALWAYS)
    assert not said.no_promise


@pytest.mark.parametrize("text", WORKS)
def test_what_works_is_asked_nothing(text: str) -> None:
    assert "nothing works" not in met(situation(text))


def test_somebody_who_wrote_at_length_is_asked_nothing() -> None:
    assert "nothing works" not in met(situation("Nothing works. " + "We tried this and then that. " * 20))


def test_a_machine_is_asked_nothing() -> None:
    assert met(situation("Nothing works", mail_class="machine", outcome="suppress")) == ["robot"]


CALLS = [
    "Could you call me tomorrow about a service visit?",
    "Please give me a call.",
    "Call me back, please.",
    "Bitte rufen Sie mich morgen an.",
    "Ich bitte um Rückruf.",
    "Können Sie mich zurückrufen?",
    "Würden Sie mich bitte am Donnerstag anrufen?",
    "Rappelez-moi demain, s’il vous plaît.",
    "Pourriez-vous m’appeler jeudi ?",
    "Llámeme mañana, por favor.",
    "¿Me puede llamar el martes?",
    "Mi chiami domani, per favore.",
    "Potrebbe richiamarmi?",
    "Ligue-me amanhã, por favor.",
    "Kunt u mij morgen bellen?",
    "Bel me even terug.",
    "明日お電話ください。",
    "折り返しお願いします。",
]
NO_CALLS = [
    "Call me if you have any questions.",
    "If you have questions, feel free to call me.",
    "My name is Robert, people call me Bob.",
    "Please do not call me, I am in a meeting.",
    "You can call me any time.",
    "I will call you tomorrow.",
    "We had a call with the supplier.",
    "Für Rückfragen stehe ich gern zur Verfügung, Rückruf nicht nötig.",
    "Sie können mich jederzeit anrufen.",
    "Ich rufe Sie morgen an.",
    "N’hésitez pas à m’appeler.",
    "Je m’appelle Robert et je cherche un toit.",
    "Me llamo Roberto.",
    "Mi chiamo Roberto e cerco un tetto.",
    "Bij vragen kunt u mij bellen.",
    "ご不明な点がございましたらお電話ください。",
    "When can we meet?",
]


@pytest.mark.parametrize("text", CALLS)
def test_who_asks_for_a_call_is_owed_one(text: str) -> None:
    said = word(situation(text))

    assert said.call_back
    assert said.acknowledge == "call-back"


@pytest.mark.parametrize("text", NO_CALLS)
def test_who_only_speaks_of_calls_is_not(text: str) -> None:
    assert not word(situation(text)).call_back


def test_nothing_works_and_a_call_is_asked_and_noted() -> None:
    said = word(situation("Nothing works, please call me."))

    assert said.call_back
    assert said.acknowledge == "three-questions"
