"""The language of a text, if it is one of ours and certain. The model loads once for all of these."""

from __future__ import annotations

import subprocess
import sys

import pytest

from inboxcrm.domain.language import detect

LETTERS = {
    "en": "Thank you for the quick reply, I will call you tomorrow morning.",
    "de": "Vielen Dank für die schnelle Antwort, ich rufe Sie morgen früh an.",
    "fr": "Merci beaucoup pour votre réponse rapide, je vous appelle demain matin.",
    "es": "Muchas gracias por la respuesta tan rápida, le llamo mañana por la mañana.",
    "it": "Grazie mille per la risposta rapida, la chiamo domani mattina.",
    "pt": "Muito obrigado pela resposta rápida, ligo-lhe amanhã de manhã.",
    "nl": "Hartelijk dank voor het snelle antwoord, ik bel u morgenochtend.",
    "ja": "お世話になっております。見積書を送付いたします。",
}


@pytest.mark.parametrize(("language", "text"), LETTERS.items(), ids=LETTERS.keys())
def test_a_letter_in_one_of_our_languages_is_recognised(language: str, text: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    "text",
    ["", "ok", "Danke!", "12345 67890 12345 67890 12345", "Tack så mycket för ditt snabba svar, vi hörs imorgon bitti.",
     "\n\n".join((LETTERS["de"] * 3, LETTERS["en"] * 3))],
    ids=["empty", "short", "word", "figures", "swedish", "mixed"],
)  # fmt: skip
def test_what_is_not_certain_is_not_guessed(text: str) -> None:
    assert detect(text) is None


def test_reading_mail_loads_no_language_model() -> None:
    code = (
        "import sys, inboxcrm.domain.mime, inboxcrm.domain.language, inboxcrm.parsing, inboxcrm.parsing_worker;"
        "sys.exit('numpy' in sys.modules or 'py3langid' in sys.modules)"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
