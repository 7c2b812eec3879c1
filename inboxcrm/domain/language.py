"""In which of our languages is a text written, if that is certain?

Importing this module is cheap; the first call loads a model of some 95 MB and belongs in the worker process.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Protocol

LANGUAGES = frozenset(("en", "de", "fr", "es", "it", "pt", "nl", "ja"))
CERTAIN = 0.9
FEWEST_LETTERS = 20
FEWEST_LETTERS_EAST_ASIAN = 8
_LONGEST = 4_000
_CHUNK_LETTERS = 80


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


@lru_cache(maxsize=1)
def _identifier() -> _Identifier:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    identifier: _Identifier = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    return identifier


def detect(text: str) -> str | None:
    """The language of new (unquoted) text, or None: too short, not sure, mixed, or none of ours.

    All languages the model knows take part and ours are accepted afterwards: asked among eight only, Swedish is German.
    """
    text = text[:_LONGEST]
    if not _enough(text):
        return None
    found = _certain(text)
    if found is None:
        return None
    chunks = _chunks(text)
    if len(chunks) > 1 and any(other not in (None, found) for other in map(_certain, chunks)):
        return None
    return found if found in LANGUAGES else None


def _enough(text: str) -> bool:
    letters = sum(map(str.isalpha, text))
    dense = 0 if text.isascii() else sum("\u3040" <= char <= "\u9fff" for char in text)
    return letters >= FEWEST_LETTERS or dense >= FEWEST_LETTERS_EAST_ASIAN


def _certain(text: str) -> str | None:
    language, probability = _identifier().classify(text)
    return language if probability >= CERTAIN else None


def _chunks(text: str) -> list[str]:
    """The lines, put together to pieces long enough to be judged alone."""
    chunks: list[str] = []
    piece: list[str] = []
    for line in text.splitlines():
        piece.append(line)
        if sum(map(str.isalpha, "".join(piece))) >= _CHUNK_LETTERS or (len(piece) > 1 and not line.strip()):
            chunks.append("\n".join(piece))
            piece = []
    return [chunk for chunk in chunks if sum(map(str.isalpha, chunk)) >= _CHUNK_LETTERS]
