"""The demo's story: a consultant's mailbox of eighteen months, and the mails of one more day.

`tell(seed, now, zone)` gives the same story for the same arguments, another one for another seed. Everybody in it is
invented and lives under `.example`. The scenes of `Story.arrivals` carry times of their own on the first working day
after `now`: the daemon that plays them is given a clock that is moved to each scene's `received_at` in turn.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from random import Random
from zoneinfo import ZoneInfo

from .story_cast import PUBLIC_MAIL_DOMAINS, Cast, Person, cast
from .story_clients import serialized
from .story_letters import Letter, Post, conversations
from .story_machines import machine_mail
from .story_scenes import OFFICE_HOURS, Question, Scene, answer, arrivals

__all__ = ["Letter", "Scene", "Story", "tell"]


@dataclass(frozen=True, slots=True)
class Story:
    """One story, complete.

    `letters` lie in the folders before the demo begins, oldest first; `arrivals` come while it runs. `border` is the
    owner's incoming server and its authserv-id. On `public_mail_domains` anybody has an address.
    """

    seed: int
    now: datetime
    zone: ZoneInfo
    cast: Cast
    letters: tuple[Letter, ...]
    arrivals: tuple[Scene, ...]
    questions: Mapping[str, Question] = field(repr=False)
    office_hours: Mapping[int, tuple[tuple[time, time], ...]] = field(default_factory=lambda: OFFICE_HOURS)
    public_mail_domains: tuple[str, ...] = PUBLIC_MAIL_DOMAINS

    @property
    def owner(self) -> Person:
        """Whose mailbox it is."""
        return self.cast.owner

    @property
    def border(self) -> str:
        """The host name and authserv-id of the owner's incoming mail server."""
        return Post(self.owner).host

    def answer(self, to: bytes, at: datetime) -> bytes:
        """The owner's answer to one of the client scenes, as Thunderbird would leave it in Sent at `at` (aware).

        Raises ValueError for a mail the story has no answer to.
        """
        found = re.search(rb"^Message-ID:\s*(<[^>]+>)", to, re.MULTILINE | re.IGNORECASE)
        question = self.questions.get(found.group(1).decode("ascii", "replace")) if found else None
        if question is None:
            raise ValueError("the story has no answer to this mail")
        random = Random(f"{self.seed} answer {question.written.message_id}")
        return serialized(answer(question, self.owner, at.replace(microsecond=0), random), random)


def tell(seed: int, now: datetime, zone: ZoneInfo) -> Story:
    """The story of `seed` as it stands at `now` (aware), its owner living in `zone`; under 0.6 s."""
    now = now.astimezone(zone).replace(microsecond=0)
    random = Random(f"story {seed}")
    people = cast(random, zone)
    letters = conversations(people, now, random)
    letters += machine_mail(people, letters, now, random)
    scenes, questions = arrivals(people, letters, now, random)
    ordered = tuple(sorted(letters, key=lambda letter: letter.received_at))
    return Story(seed, now, zone, people, ordered, scenes, questions)
