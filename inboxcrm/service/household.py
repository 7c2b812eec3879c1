"""What every use case is given: the settings, the memory, the texts and the clock of one home."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Concatenate, ParamSpec, TypeVar

from inboxcrm import providers
from inboxcrm.config import Config, MailboxConfig, Office, Owner, PlanConfig
from inboxcrm.domain import public_holidays
from inboxcrm.domain.address import base_key, identity, is_public_mail_domain
from inboxcrm.domain.learning import Target
from inboxcrm.domain.office_hours import HORIZON, Away, Interval, OfficeCalendar
from inboxcrm.domain.public_holidays import PUBLIC, Closed, Kind
from inboxcrm.domain.reply_safety import Settings
from inboxcrm.domain.ruler import Ruler
from inboxcrm.errors import TemplateError
from inboxcrm.home import Stamp, stamp
from inboxcrm.ports import Clock
from inboxcrm.render import TemplateSet, instance_token
from inboxcrm.store import holidays, home
from inboxcrm.store.database import Database

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook

P = ParamSpec("P")
T = TypeVar("T")

STANDARD_PLAN = "standard"

KEPT = HORIZON + timedelta(days=1)
"""How long an absence that is over still bears on open time: by the catching up that follows it."""

FORESEEN = 8
"""How many years are looked through for the kinds of a region: two that fall on one day fall apart in another year."""

NONE_CLOSED = Closed({}, {})


@dataclass(frozen=True, slots=True)
class Basis:
    """All that a calendar is made of; `terms` is a plan with open time of its own, None where it is the office's."""

    office: Office
    terms: PlanConfig | None
    owner: Owner
    years: tuple[int, ...]
    adopted: frozenset[Kind]
    away: tuple[Away, ...]

    @property
    def region(self) -> str | None:
        """Whose public holidays close it."""
        holidays = True if self.terms is None else self.terms.holidays
        return self.office.holidays if holidays is True else holidays or None

    @property
    def name(self) -> str:
        """Under which it is kept; no plan has the empty name."""
        return "" if self.terms is None else self.terms.name


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
    raises TemplateError; RuleError only where no good set of rules is remembered.
    """

    config: Config
    database: Database
    clock: Clock
    load_templates: Callable[[], TemplateSet]
    load_rules: Callable[[TemplateSet, Mapping[str, str] | None], RuleBook]
    texts_fault: TemplateError | None = field(default=None, init=False, repr=False)
    """What is wrong with the texts as they stand now; those in use are from before."""

    reloaded: bool = field(default=False, init=False, repr=False)
    """Whether texts or rules were read again, and what is wrong with them is not on record yet."""

    _templates: TemplateSet | None = field(default=None, init=False, repr=False)
    _texts_stamp: Stamp = field(default=(), init=False, repr=False)
    _rules: RuleBook | None = field(default=None, init=False, repr=False)
    learned: dict[str, Learned] = field(default_factory=dict, init=False, repr=False)
    secret: bytes = field(init=False, repr=False)
    _own_keys: frozenset[str] = field(init=False)
    _settings: dict[str, tuple[Config, Settings]] = field(default_factory=dict, init=False, repr=False)
    """What the gate is told by mailbox, and the settings of the home that it was made of."""

    _calendars: dict[str, tuple[Basis, OfficeCalendar]] = field(default_factory=dict, init=False, repr=False)
    _calendars_of_rulers: dict[str, tuple[Basis, OfficeCalendar]] = field(default_factory=dict, init=False, repr=False)
    _rulers: dict[str, tuple[tuple[Basis, date, timedelta], Ruler]] = field(
        default_factory=dict, init=False, repr=False
    )
    _thread: ThreadPoolExecutor = field(init=False, repr=False)
    _turns: int = field(default=0, init=False, repr=False)
    """Pieces of work that the store's thread has ended."""

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
            self._texts_stamp = stamp(self.config.home / "templates")
            self._templates = self.load_templates()
        return self._templates

    def reload_texts(self) -> bool:
        """Read the texts again if the home's changed; whether they had. A fault leaves those in use as they were."""
        now = stamp(self.config.home / "templates")
        if self._templates is None or now == self._texts_stamp:
            return False
        self._texts_stamp = now
        try:
            self._templates = self.load_templates()
        except TemplateError as error:
            self.texts_fault = error
        else:
            self.texts_fault = None
        return True

    @property
    def rules(self) -> RuleBook:
        """The owner's rules."""
        if self._rules is None:
            self._rules = self.load_rules(self.templates, self.database.reading(home.good_rules))
        return self._rules

    @property
    def rules_in_use(self) -> RuleBook | None:
        """The owner's rules, or None while nothing has asked for them."""
        return self._rules

    async def run(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run blocking work on the store's own thread."""
        piece = partial(work, *args, **kwargs)
        return await asyncio.get_running_loop().run_in_executor(self._thread, self._turn, piece)

    def _turn(self, piece: Callable[[], T]) -> T:
        try:
            return piece()
        finally:
            self._turns += 1

    @property
    def moves(self) -> int:
        """Counts on while the store's thread does its work, a long statement too; stands while that thread hangs."""
        return self._turns + self.database.signs

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
        """What the gate is told about a mailbox, which is one of the home's."""
        held = self._settings.get(mailbox.name)
        if held is None or held[0] is not self.config:
            held = self._settings[mailbox.name] = self.config, self._settings_of(mailbox)
        return held[1]

    def _settings_of(self, mailbox: MailboxConfig) -> Settings:
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
            smtputf8=mailbox.smtputf8,
        )

    def mailbox(self, name: str) -> MailboxConfig:
        """The settings of a mailbox by its name; KeyError when there is none."""
        for mailbox in self.config.mailboxes:
            if mailbox.name == name:
                return mailbox
        raise KeyError(name)

    @property
    def mailbox_names(self) -> tuple[str, ...]:
        """What the mailboxes of the settings are called; others that are on record were taken out, or renamed."""
        return tuple(each.name for each in self.config.mailboxes)

    def plan(self, name: str | None) -> PlanConfig:
        """The level of service under a name, the standard one where there is none or it is gone from config.toml."""
        plans = self.config.plans
        return plans[name] if name is not None and name in plans else plans[STANDARD_PLAN]

    def calendar(self, connection: sqlite3.Connection, around: datetime, plan: str | None) -> OfficeCalendar:
        """The open time of a level of service (None or gone: the standard one): the office's, or hours of its own.

        It has the public holidays until the end of the year after `around`, and the absences that are on record.
        """
        basis = self._basis(connection, around, plan, since=around - KEPT)
        return _kept(self._calendars, basis)

    def ruler(self, connection: sqlite3.Connection, now: datetime, back: timedelta, plan: str | None) -> Ruler:
        """A plan's open time of the past, to be measured many times; walked anew once a day or when hours change."""
        basis = self._basis(connection, now, plan, since=now - back - KEPT)
        on = now.astimezone(self.config.owner.timezone).date()
        held = self._rulers.get(basis.name)
        if held is None or held[0] != (basis, on, back):
            calendar = _kept(self._calendars_of_rulers, basis)
            ruler = Ruler(calendar, now - back - timedelta(days=1), now + timedelta(days=2))
            held = self._rulers[basis.name] = (basis, on, back), ruler
        return held[1]

    def measure(self, connection: sqlite3.Connection, start: datetime, end: datetime, plan: str | None) -> Ruler:
        """A plan's open time from one instant to another."""
        return Ruler(_built(self._basis(connection, end, plan, since=start - KEPT)), start, end)

    def _basis(self, connection: sqlite3.Connection, around: datetime, plan: str | None, *, since: datetime) -> Basis:
        owner, terms = self.config.owner, self.plan(plan)
        first, last = (at.astimezone(owner.timezone).year for at in (since, around))
        basis = Basis(
            office=self.config.office,
            terms=terms if terms.own_calendar else None,
            owner=owner,
            years=tuple(range(first, last + 2)),
            adopted=frozenset(),
            away=tuple(away for _, away in home.absences(connection, since=since)),
        )
        return basis if basis.region is None else replace(basis, adopted=self.adopted(connection, basis.region))

    def adopted(self, connection: sqlite3.Connection, region: str) -> frozenset[Kind]:
        """The kinds of holidays of a region that close the office.

        Those that are public when a region is first asked about are adopted then, as an owner who names a region
        expects; what the library comes to know later waits for the owner.
        """
        known = holidays.decided(connection, region)
        if not known:
            now = self.clock.now()
            years = range(now.year - 1, now.year + FORESEEN)
            known = {
                each.kind: True for each in public_holidays.calendar(region, years) if each.kind.category == PUBLIC
            }
            with self.database.write():
                holidays.decide(connection, region, known, adopt=True, at=now)
        return frozenset(kind for kind, adopted in known.items() if adopted)

    def holiday_names(self, around: datetime, language: str) -> Mapping[date, str]:
        """The adopted holidays in a sender's language, as far as their country has them in it."""
        office = self.config.office
        year = around.astimezone(self.config.owner.timezone).year
        names: dict[date, str] = {}
        for region in reversed(self.config.regions):
            adopted = self.database.reading(partial(self.adopted, region=region))
            days = _closed(region, (year - 1, year, year + 1), language, adopted, office.holidays_not_adopted)
            names |= {**days.half_days, **days.days}
        return names


def _kept(calendars: dict[str, tuple[Basis, OfficeCalendar]], basis: Basis) -> OfficeCalendar:
    """The calendar of a basis, the one that was kept under its name if that had the same."""
    held = calendars.get(basis.name)
    if held is None or held[0] != basis:
        held = calendars[basis.name] = basis, _built(basis)
    return held[1]


def _built(basis: Basis) -> OfficeCalendar:
    """Open time as the settings say it."""
    owner, office, own = basis.owner, basis.office, basis.terms
    closed = NONE_CLOSED
    if basis.region is not None:
        closed = _closed(basis.region, basis.years, owner.language, basis.adopted, office.holidays_not_adopted)
    hours = office.hours if own is None or own.hours is None else own.hours
    return OfficeCalendar(
        zone=owner.timezone,
        weekly={day: tuple(Interval(*each) for each in spans) for day, spans in hours.items()},
        exceptions={day: tuple(Interval(*each) for each in spans) for day, spans in office.exceptions.items()},
        holidays=closed.days,
        half_days=closed.half_days,
        half_day_ends=office.half_day_ends,
        away=basis.away,
        mail_hours=office.mail_hours if own is None or own.hours is None else (),
    )


@lru_cache(maxsize=32)
def _closed(
    region: str, years: tuple[int, ...], language: str, adopted: frozenset[Kind], refused: tuple[str, ...]
) -> Closed:
    return public_holidays.closed(region, years, language=language, adopted=adopted, not_adopted=refused)


def seconds(length: timedelta) -> float:
    """A duration for the event loop, never negative."""
    return max(0.0, length.total_seconds())
