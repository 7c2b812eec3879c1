"""Do they say that it is settled? Asked only where a plain sentence says so."""

from __future__ import annotations

import time

import pytest

from inboxcrm.domain.settled import settled_by

SAYS_SO = [
    "Hi Ann,\n\nnever mind, the printer works again.\n\nBob",
    "The problem has been solved. Thanks anyway!",
    "That is no longer needed.",
    "Liebe Ann,\nes hat sich erledigt.\nGruss Bob",
    "Das ist nicht mehr nötig, danke.",
    "Bonjour, c’est réglé, merci.",
    "Ya no hace falta, muchas gracias.",
    "Ciao Ann, abbiamo risolto. Grazie!",
    "Olá, já não é necessário.",
    "Het is opgelost.",
    "お世話になっております。無事に解決しました。",
]
SAYS_NOT = [
    "Is it solved?",
    "It is still not solved.",
    "Please call me once it is resolved.",
    "If it is no longer needed, tell me.",
    "Der Drucker ist noch nicht repariert; wenn es erledigt ist, gib Bescheid.",
    "Ist das Problem gelöst?",
    "Solving it would be nice.",
    "Quand est-ce que c'est réglé ?\nMerci",
    "まだ解決しましたとは言えません。",
    "",
]


@pytest.mark.parametrize("text", SAYS_SO)
def test_a_plain_sentence_says_that_it_is_settled(text: str) -> None:
    said = settled_by(text)

    assert said is not None
    assert "\n" not in said


@pytest.mark.parametrize("text", SAYS_NOT)
def test_a_question_a_condition_and_a_not_yet_do_not(text: str) -> None:
    assert settled_by(text) is None


def test_the_sentence_is_quoted() -> None:
    assert settled_by("Hello.\nThe problem is solved now. See you!") == "The problem is solved now."


@pytest.mark.parametrize("text", ["is solved " * 100_000, "a" * 1_000_000, "." * 1_000_000, "\n" * 1_000_000])
def test_hostile_text_is_read_in_bounded_time(text: str) -> None:
    began = time.process_time()

    settled_by(text)

    assert time.process_time() - began < 1
