"""Questions that are asked together again and again, and the answer that tells nothing new, word for word.

A thousand mailboxes hear the same answers all day. What was answered last is kept as octets, with a mark where the tag
stands and one where a comment does: a few comparisons then say that all is as it was, and nothing is read. Whatever
differs is read in the ordinary way (`looks.Look`), which is also how a refrain is learnt.

A comment is the text of a tagged OK behind its code. It is for human readers (RFC 3501 section 7.1), and Dovecot says
there how long each command took.
"""

from __future__ import annotations

import re
from typing import Generic, Protocol, TypeVar

_TAG = b"\0"
"""Stands where the tag does: no octet of any command or answer (RFC 3501 section 9, CHAR8)."""

_COMMENT = b"\n\n"
"""Stands where a comment does."""

_COMMENTED = re.compile(rb"((?:\A|\n\0\.\d+) OK (?:\[[^\[\]\r\n]*\] )?)[^\[\r\n]*(?=\r\n)")
"""The end of an answer with its comment; one in which a bracket stands is no comment to us, for it may be an alert."""


class Asked(Protocol):
    """A question as far as a refrain knows it."""

    @property
    def before(self) -> bytes | None:
        """None where the same answer could tell something new."""

    def ask(self) -> bytes:
        """The command without its tag."""


Q = TypeVar("Q", bound=Asked)


class Refrain(Generic[Q]):
    """Some questions over one connection, an IDLE behind them, and what is known of their answers.

    Each command is sent in one breath with the end of the IDLE before: `tag`.0, `tag`.1 and so on, `tag` for IDLE.
    """

    __slots__ = ("_answer", "_text", "questions")

    def __init__(self, *questions: Q) -> None:
        self.questions = questions
        self._text = self._answer = b""

    @property
    def known(self) -> bool:
        """Whether there is an answer that would tell nothing new if it came again."""
        if not self._answer:
            return False
        for question in self.questions:  # noqa: SIM110 - a generator costs more than what it runs over
            if question.before is None:
                return False
        return True

    def ask(self, tag: bytes) -> bytes:
        """What is sent to ask anew."""
        self._answer = b""
        asked = [b"%b.%d %b\r\n" % (_TAG, index, question.ask()) for index, question in enumerate(self.questions)]
        self._text = b"".join((*asked, _TAG, b" IDLE\r\n"))
        return self._text.replace(_TAG, tag)

    def learn(self, answer: bytes, *, tag: bytes, leaving: bytes) -> None:
        """This is what the server said to what `ask` gave, from its answer to DONE to its `+`: nothing new."""
        if _TAG in answer or _COMMENT in answer:
            self._answer = b""
        else:
            self._answer = _COMMENTED.sub(rb"\1" + _COMMENT, answer.removeprefix(leaving).replace(tag, _TAG))

    def again(self, tag: bytes) -> bytes:
        """What is sent to ask once more, where the refrain is known; DONE is part of it."""
        return b"DONE\r\n" + self._text.replace(_TAG, tag)

    def answer(self, tag: bytes, *, leaving: bytes) -> list[bytes]:
        """What comes then if nothing is new: these pieces, with a comment between each and the next."""
        return (leaving + self._answer.replace(_TAG, tag)).split(_COMMENT)
