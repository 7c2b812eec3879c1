"""Gives word to the owner by another way than the watched mailbox: durable, each notice once, never in anybody's way.

`tell` enters a notice in the transaction of what it is about; `Notify` delivers, in a loop of its own.
"""

from __future__ import annotations

import logging
import random
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.config import Config, Shown
from inboxcrm.config import Notify as Settings
from inboxcrm.domain.outbox import retry_at
from inboxcrm.domain.ringing import Calm, quiet_span, wait
from inboxcrm.domain.text import one_line, visible
from inboxcrm.errors import InboxcrmError, TransientError
from inboxcrm.ports import Notice, Notifier
from inboxcrm.service.household import Household
from inboxcrm.store import home, notices
from inboxcrm.store.notices import Delivery

log = logging.getLogger("inboxcrm.notify")

ALARM = "notify-failed"
GOOD_FOR = timedelta(hours=24)
TITLE, ABOUT, QUOTE = 120, 300, 500
"""How long the pieces of a notice may be, in characters."""


@dataclass(frozen=True, slots=True)
class Word:
    """What the owner is to know. `key` is what makes it the same word if it is said again.

    `title` names nobody. `about` says who and what (a sender, a subject, a due time) and `quote` how a mail begins;
    both may be what strangers wrote, and are left out where `notify.show` says so.
    """

    key: str
    kind: str
    title: str
    about: str = ""
    quote: str = ""
    urgent: bool = False
    message_id: int | None = None


def tell(
    household: Household, connection: sqlite3.Connection, word: Word, *, now: datetime, good_for: timedelta = GOOD_FOR
) -> bool:
    """Enter a word to the owner; True when it will be delivered.

    False where no way is set, where only urgent words are wanted and this is none, and where the key was used before.
    """
    settings = household.config.notify
    if not settings.routes or (settings.urgent_only and not word.urgent):
        return False
    return notices.add(
        connection,
        written(word, settings.show),
        routes=settings.routes,
        message_id=word.message_id,
        now=now,
        expires_at=now + good_for,
    )


def written(word: Word, show: Shown) -> Notice:
    """The notice as it leaves: one safe line of title, and as much of the rest as the owner lets out."""
    title = one_line(word.title, TITLE)
    about = one_line(word.about, ABOUT) if show is not Shown.NOTHING else ""
    quote = visible(word.quote[: QUOTE * 2])[:QUOTE].strip() if show is Shown.TEXT else ""
    return Notice(word.key, word.kind, title, "\n\n".join(filter(None, (about, quote))) or title, word.urgent)


class Notify:
    """Delivers what was entered, within quiet hours and caps, and tries again what did not arrive."""

    def __init__(self, household: Household, routes: Mapping[str, Notifier]) -> None:
        self._household = household
        self._routes = routes

    @property
    def routes(self) -> Mapping[str, Notifier]:
        """The ways there are, by name."""
        return self._routes

    async def recover(self) -> None:
        """At the start: what was being sent when the last process ended is to be tried again."""
        await self._household.write(notices.recover)

    async def run_once(self) -> None:
        """Try what is due, one after the other."""
        now = self._household.clock.now()
        for delivery in await self._household.read(lambda connection: notices.due(connection, now)):
            await self._deliver(delivery)

    async def _deliver(self, delivery: Delivery) -> None:
        route = self._routes.get(delivery.route)
        if not await self._household.write(self._claim, delivery, known=route is not None) or route is None:
            return
        try:
            await route.tell(delivery.notice)
        except TransientError as error:
            await self._household.write(self._later, delivery, error)
        except InboxcrmError as error:  # a way that nobody can go is told of as well: nothing else would
            await self._household.write(self._failed, delivery, str(error))
        else:
            await self._household.write(self._delivered, delivery)

    def _claim(self, connection: sqlite3.Connection, delivery: Delivery, *, known: bool) -> bool:
        """Take it, unless it has to wait, is too old, or its way is gone from the settings."""
        now = self._household.clock.now()
        if not known:
            notices.end(connection, delivery, "failed", now=now, cause="this way is not set any more")
            return False
        if now >= delivery.expires_at:
            notices.end(connection, delivery, "expired", now=now, cause="could not be delivered in time")
            self._alarm(connection, delivery, "could not be delivered in time", now)
            return False
        calm = calm_of(self._household.config)
        quiet = quiet_span(now, calm)
        since = min(now - timedelta(days=1), quiet[0] if quiet is not None else now)
        held = wait(
            now,
            urgent=delivery.notice.urgent,
            rang_at=notices.rang_since(connection, since),
            calm=calm,
            counted=notices.has_rung(connection, delivery.notice_id),
        )
        if held is not None:
            notices.put_off(connection, delivery, until=held.until, cause=held.because)
            return False
        notices.claim(connection, delivery, now=now)
        return True

    def _later(self, connection: sqlite3.Connection, delivery: Delivery, error: TransientError) -> None:
        now = self._household.clock.now()
        jitter = random.uniform(-1, 1)  # noqa: S311 - it spreads retries, it guards nothing
        again = retry_at(delivery.attempts + 1, now, delivery.expires_at, jitter)
        if again is not None and error.retry_after is not None:
            again = max(again, now + error.retry_after)
        log.warning("notify.later", extra={"route": delivery.route, "kind": delivery.notice.kind, "cause": str(error)})
        if again is None or again >= delivery.expires_at:
            self._failed(connection, delivery, str(error))
            return
        notices.put_off(connection, delivery, until=again, cause=str(error))

    def _failed(self, connection: sqlite3.Connection, delivery: Delivery, cause: str) -> None:
        now = self._household.clock.now()
        notices.end(connection, delivery, "failed", now=now, cause=cause)
        self._alarm(connection, delivery, cause, now)

    def _alarm(self, connection: sqlite3.Connection, delivery: Delivery, cause: str, now: datetime) -> None:
        log.error("notify.failed", extra={"route": delivery.route, "kind": delivery.notice.kind, "cause": cause})
        detail = f"{delivery.route}: {cause}. See: inboxcrm notify"
        home.raise_alarm(connection, ALARM, detail, now=now)

    def _delivered(self, connection: sqlite3.Connection, delivery: Delivery) -> None:
        now = self._household.clock.now()
        notices.end(connection, delivery, "delivered", now=now, cause=None)
        works_again(connection, [delivery.route], now=now)
        log.info("notify.delivered", extra={"route": delivery.route, "kind": delivery.notice.kind})


def works_again(connection: sqlite3.Connection, ways: Iterable[str], *, now: datetime) -> None:
    """What was tried and went well by these ways ends the alarms about them."""
    for way in ways:
        home.clear_alarms_about(connection, ALARM, f"{way}: ", now=now)


def calm_of(config: Config) -> Calm:
    """How much the owner wants to be rung."""
    settings: Settings = config.notify
    return Calm(
        zone=config.owner.timezone,
        quiet=settings.quiet_hours,
        urgent_in_quiet=settings.urgent_in_quiet_hours,
        per_hour=settings.per_hour,
        per_day=settings.per_day,
    )


def trial(key: str) -> Notice:
    """A notice that only shows that the way works."""
    text = "This is a trial: inboxcrm can reach you this way."
    return Notice(key, "trial", "inboxcrm can reach you", text, urgent=False)


async def try_now(routes: Mapping[str, Notifier], notice: Notice) -> dict[str, str | None]:
    """Deliver one notice by every way at once, without caps; by way, None where it went well, else what is wrong."""
    said: dict[str, str | None] = {}
    for name, route in routes.items():
        try:
            await route.tell(notice)
        except InboxcrmError as error:
            said[name] = str(error)
        else:
            said[name] = None
    return said
