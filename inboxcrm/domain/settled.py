"""Do they say themselves that it is settled? Only ever a reason to ask the owner: nothing ends by it."""

from __future__ import annotations

import re

LOOKED_AT = 2_000
"""How much of a letter is read, in characters: who withdraws a question says so at once."""

LONGEST_QUOTE = 200

_SAID = (
    "no longer needed", "no longer necessary", "not needed any more", "not needed anymore", "never mind", "nevermind",
    "problem solved", "is solved", "been solved", "is resolved", "been resolved", "resolved itself", "solved itself",
    "sorted itself out", "all sorted", "found the answer", "found the solution", "figured it out", "is settled",
    "been settled", "disregard my", "please disregard", "please ignore my", "works again", "works now", "working again",
    "taken care of", "you can close",
    "hat sich erledigt", "ist erledigt", "schon erledigt", "bereits erledigt", "nicht mehr nötig",
    "nicht mehr notwendig", "problem gelöst", "ist gelöst", "hat sich geklärt", "hat sich gelöst", "ist geklärt",
    "funktioniert wieder", "funktioniert jetzt", "geht jetzt wieder", "geht wieder", "brauchen wir nicht mehr",
    "brauche ich nicht mehr", "gegenstandslos", "habe die lösung gefunden",
    "c'est réglé", "est réglé", "est résolu", "problème résolu", "plus nécessaire", "plus besoin",
    "plus d'actualité", "laissez tomber", "laisse tomber", "fonctionne à nouveau", "ça marche maintenant",
    "está resuelto", "está solucionado", "problema resuelto", "problema solucionado", "ya no es necesario",
    "ya no hace falta", "ya no lo necesito", "ya funciona", "olvídelo", "olvídalo",
    "è risolto", "è stato risolto", "problema risolto", "abbiamo risolto", "ho risolto", "non serve più",
    "non è più necessario", "funziona di nuovo", "adesso funziona", "lascia perdere", "lasci perdere",
    "está resolvido", "foi resolvido", "problema resolvido", "já não é necessário", "não é mais necessário",
    "já não preciso", "já funciona", "pode desconsiderar",
    "is opgelost", "probleem opgelost", "niet meer nodig", "laat maar", "werkt weer", "werkt nu", "is geregeld",
    "解決しました", "解決いたしました", "解決済み", "自己解決", "不要になりました", "必要なくなりました", "対応は不要",
)  # fmt: skip
_DOUBT = (
    "not yet", "still not", "until", "unless", "once", "if", "when", "as soon as", "hope", "not sure",
    "noch nicht", "bis", "wenn", "falls", "sobald", "ob", "hoffe", "solange",
    "pas encore", "jusqu", "dès que", "quand", "si", "s'il",
    "todavía no", "aún no", "hasta", "cuando",
    "non ancora", "finché", "quando", "se",
    "ainda não", "até", "nog niet", "totdat", "als", "zodra",
    "まだ", "たら", "まで",
)  # fmt: skip
_IDEOGRAPHIC = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff]")


def _any(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Whole words, in any case; Japanese writes no spaces."""
    words = [re.escape(each) for each in phrases if not _IDEOGRAPHIC.search(each)]
    signs = [re.escape(each) for each in phrases if _IDEOGRAPHIC.search(each)]
    return re.compile(rf"\b(?:{'|'.join(words)})\b|{'|'.join(signs)}", re.IGNORECASE)


_SETTLED, _DOUBTFUL = _any(_SAID), _any(_DOUBT)
_SENTENCES = re.compile(r"(?<=[.!?。！？…])\s*|\n+")
_QUESTION = ("?", "？")


def settled_by(text: str) -> str | None:
    """The sentence of somebody's own words that says it is settled, or None.

    A question, a condition and a "not yet" settle nothing.
    """
    text = text[:LOOKED_AT].replace("’", "'")
    if not _SETTLED.search(text):
        return None
    for sentence in _SENTENCES.split(text):
        said = " ".join(sentence.split())
        if _SETTLED.search(said) and not said.endswith(_QUESTION) and not _DOUBTFUL.search(said):
            return said[:LONGEST_QUOTE]
    return None
