"""What every use case is given: the settings, the memory, the texts and the clock of one home."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from inboxcrm import providers
from inboxcrm.config import Config, MailboxConfig, Office, Owner, PlanConfig
from inboxcrm.domain import public_holidays
from inboxcrm.domain.address import base_key, identity, is_public_mail_domain
from inboxcrm.domain.learning import Target
from inboxcrm.domain.office_hours import Away, Interval, OfficeCalendar
from inboxcrm.domain.reply_safety import Settings
from inboxcrm.domain.ruler import Ruler
from inboxcrm.ports import Clock
from inboxcrm.render import TemplateSet, instance_token
from inboxcrm.store import home
from inboxcrm.store.database import Database

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook

P = ParamSpec("P")
T = TypeVar("T")

STANDARD_PLAN = "standard"


@dataclass(frozen=True, slots=True)
class Learned:
    """What the answers to everybody taught at an instant, under the plan's terms then and with its last end then."""

    terms: PlanConfig
    last: datetime | None
    at: datetime
    target: Target


@dataclass(slots=True)
class Household:
    """One home, opened. `run` takes blocking work on the database off the event loop, one piece at a time.

    Texts and rules are loaded when they are first asked for: reading them takes longer than most commands do. Loading
    raises TemplateError or RuleError.
    """

    config: Config
    database: Database
    clock: Clock
    load_templates: Callable[[], TemplateSet]
    load_rules: Callable[[TemplateSet], RuleBook]
    _templates: TemplateSet | None = field(default=None, init=False, repr=False)
    _rules: RuleBook | None = field(default=None, init=False, repr=False)
    learned: dict[str, Learned] = field(default_factory=dict, init=False, repr=False)
    secret: bytes = field(init=False, repr=False)
    _own_keys: frozenset[str] = field(init=False)
    _ruler: tuple[tuple[Office, date, timedelta, tuple[Away, ...]], Ruler] | None = field(
        default=None, init=False, repr=False
    )
    _thread: ThreadPoolExecutor = field(init=False, repr=False)

    def __post_init__(self) -> None:
        with self.database.write() as connection:
            self.secret = home.secret(connection)
        own = (*self.config.owner.addresses, *self.config.also_own)
        self._own_keys = frozenset(base_key(identity(address)) for address in own)
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="store")

    @property
    def templates(self) -> TemplateSet:
        """The texts that go out."""
        if self._templates is None:
            self._templates = self.load_templates()
        return self._templates

    @property
    def rules(self) -> RuleBook:
        """The owner's rules."""
        if self._rules is None:
            self._rules = self.load_rules(self.templates)
        return self._rules

    @property
    def rules_in_use(self) -> RuleBook | None:
        """The owner's rules, or None while nothing has asked for them."""
        return self._rules

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work on the store's own thread."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(work, *args, **kwargs))

    async def read(self, question: Callable[[sqlite3.Connection], T]) -> T:
        """Ask the database one question."""
        return await self.run(self.database.reading, question)

    async def write(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Do one piece of work in one transaction; durable when this returns."""
        return await self.run(self._transact, lambda connection: work(connection, *args, **kwargs), durable=True)

    async def jot(self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The same without waiting for the disk: for moves that a power cut may undo without harm."""
        return await self.run(self._transact, lambda connection: work(connection, *args, **kwargs), durable=False)

    def _transact(self, work: Callable[[sqlite3.Connection], T], *, durable: bool) -> T:
        with self.database.write(durable=durable) as connection:
            return work(connection)

    def close(self) -> None:
        """Let the store's thread finish and close the file."""
        self._thread.shutdown(wait=True)
        self.database.close()

    def is_own(self, key: str) -> bool:
        """Whether an address key is the owner's, plus-tags and dots at Gmail left out."""
        return base_key(key) in self._own_keys

    def is_public(self, domain: str) -> bool:
        """Whether anybody can have an address at this domain, so that it names no organisation."""
        return domain in self.config.safety.public_mail_domains or is_public_mail_domain(domain)

    def settings(self, mailbox: MailboxConfig) -> Settings:
        """What the gate is told about a mailbox."""
        safety = self.config.safety
        provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
        return Settings(
            own_addresses=(*self.config.owner.addresses, *self.config.also_own),
            own_lists=safety.own_lists,
            form_senders=safety.form_senders,
            list_addresses=safety.list_addresses,
            robot_addresses=safety.robot_addresses,
            answer_cc=safety.answer_cc,
            trusted_authserv_ids=mailbox.trusted_authserv_ids,
            border_hosts=mailbox.border_hosts,
            arc_sealers=safety.arc_sealers,
            provider_writes_no_authserv_id=provider is not None and provider.writes_no_authserv_id,
            own_tokens=(instance_token(self.secret),),
            max_delay=self.config.acknowledge.max_delay,
        )

    def mailbox(self, name: str) -> MailboxConfig:
        """The settings of a mailbox by its name; KeyError when there is none."""
        for mailbox in self.config.mailboxes:
            if mailbox.name == name:
                return mailbox
        raise KeyError(name)

    def plan(self, name: str | None) -> PlanConfig:
        """The level of service under a name, the standard one where there is none or it is gone from config.toml."""
        plans = self.config.plans
        return plans[name] if name is not None and name in plans else plans[STANDARD_PLAN]

    def calendar(self, around: datetime, absences: tuple[Away, ...]) -> OfficeCalendar:
        """The owner's office time, with public holidays for the year of `around` and the next."""
        return calendar(self.config.owner, self.config.office, around, absences)

    def ruler(self, now: datetime, back: timedelta, absences: tuple[Away, ...]) -> Ruler:
        """The office time of the past, to be measured many times; walked anew once a day or when hours change."""
        on = now.astimezone(self.config.owner.timezone).date()
        about = (self.config.office, on, back, absences)
        if self._ruler is None or self._ruler[0] != about:
            calendar = self.calendar(now, absences)
            self._ruler = (about, Ruler(calendar, now - back - timedelta(days=1), now + timedelta(days=2)))
        return self._ruler[1]

    def holiday_names(self, around: datetime, language: str) -> Mapping[date, str]:
        """The adopted holidays in a sender's language, as far as their country has them in it."""
        office = self.config.office
        if office.holidays is None:
            return {}
        return _holidays(office.holidays, _years(around, self.config.owner), language, office.holidays_not_adopted)


def calendar(owner: Owner, office: Office, around: datetime, absences: tuple[Away, ...]) -> OfficeCalendar:
    """Office time as the settings say it."""
    holidays: Mapping[date, str] = {}
    if office.holidays is not None:
        holidays = _holidays(office.holidays, _years(around, owner), owner.language, office.holidays_not_adopted)
    return OfficeCalendar(
        zone=owner.timezone,
        weekly={day: tuple(Interval(*hours) for hours in spans) for day, spans in office.hours.items()},
        exceptions={day: tuple(Interval(*hours) for hours in spans) for day, spans in office.exceptions.items()},
        holidays=holidays,
        away=absences,
        mail_hours=office.mail_hours,
    )


def _years(around: datetime, owner: Owner) -> tuple[int, ...]:
    year = around.astimezone(owner.timezone).year
    return year - 1, year, year + 1


@lru_cache(maxsize=32)
def _holidays(region: str, years: tuple[int, ...], language: str, refused: tuple[str, ...]) -> Mapping[date, str]:
    return public_holidays.adopted(region, years, language=language, not_adopted=refused)


def seconds(length: timedelta) -> float:
    """A duration for the event loop, never negative."""
    return max(0.0, length.total_seconds())
