"""How a mail in each language says that it was sent by a machine, before the subject begins."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "en": "Automatic reply: ",
        "de": "Automatische Antwort: ",
        "fr": "Réponse automatique : ",
        "es": "Respuesta automática: ",
        "it": "Risposta automatica: ",
        "pt": "Resposta automática: ",
        "nl": "Automatisch antwoord: ",
        "ja": "自動返信: ",
    }
)
"""By language; RFC 3834 section 3.1.5 asks for such a prefix ("Auto:" would be a car in German)."""

FALLBACK = "en"

LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(?:-[a-z0-9]{2,8}){0,3}")
"""A BCP 47 tag in lower case, as a template's file is named and Content-Language is written."""


def prefix(language: str) -> str:
    """The subject prefix for a language tag; the English one where we have none."""
    return PREFIXES.get(language.partition("-")[0], PREFIXES[FALLBACK])


def candidates(language: str, default: str) -> tuple[str, ...]:
    """The languages to look for, best first: the tag, its primary language, the owner's, English."""
    wanted = [tag.lower().replace("_", "-") for tag in (language, default) if tag]
    spread = [one for tag in wanted for one in (tag, tag.partition("-")[0])]
    return tuple(dict.fromkeys([*spread, FALLBACK]))
