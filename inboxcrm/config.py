"""What the owner configured: `config.toml` as frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta
from enum import StrEnum
from pathlib import Path
from zoneinfo import ZoneInfo

from inboxcrm.domain.modes import Mode as Mode  # noqa: PLC0414 - those who ask for settings find it here
from inboxcrm.domain.policies import Policy

AckPolicy = Policy
"""The same under the name that `[acknowledge]` and `[plans.NAME]` have for it."""


class Security(StrEnum):
    """How a connection is protected; `none` only on loopback."""

    TLS = "tls"
    STARTTLS = "starttls"
    NONE = "none"


DATABASE = "inboxcrm.db"
"""The file of a home that remembers."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """A SOCKS 5 proxy through which servers are reached, and which resolves their names.

    Where it wants a login there is a `user`, and where the `password` is kept.
    """

    host: str
    port: int
    user: str | None = None
    password: PasswordSource | None = None

    def __str__(self) -> str:
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Server:
    """Where a server listens. `ca_file` adds a certificate authority of the owner's own; `proxy`: it is reached so."""

    host: str
    port: int
    security: Security
    ca_file: Path | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class PasswordSource:
    """Where a password is read from when it is needed; exactly one of the three is set. Never the password itself."""

    env: str | None = None
    command: str | None = None
    keyring: str | None = None


class OAuthProvider(StrEnum):
    """Whose sign-in it is; with `custom` the addresses and scopes are written out."""

    MICROSOFT = "microsoft"
    GOOGLE = "google"
    CUSTOM = "custom"


class TokenStore(StrEnum):
    """Where tokens are kept; `auto` is the system's keyring where there is one, else a file of the home."""

    AUTO = "auto"
    KEYRING = "keyring"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class OAuth:
    """Logging in with a token that the owner granted in a browser, in the place of a password (RFC 6749).

    `client_id` and `client_secret` are those of an application the owner registered with the provider. `authority` and
    `tenant` are Microsoft's; `authorize_url`, `token_url` and `device_url` (RFC 8628) those of a provider of one's own.
    `scopes` is what is asked for; empty for what the provider needs for mail. `ca_file` adds a certificate authority;
    `proxy`: the provider is reached so.
    """

    oauth: OAuthProvider
    client_id: str
    client_secret: PasswordSource | None = None
    tenant: str = "common"
    authority: str = "https://login.microsoftonline.com"
    authorize_url: str | None = None
    token_url: str | None = None
    device_url: str | None = None
    scopes: tuple[str, ...] = ()
    tokens: TokenStore = TokenStore.AUTO
    ca_file: Path | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class MailboxConfig:
    """One IMAP account and the submission server that goes with it. Exactly one of `password` and `auth` is set.

    `folders` are watched besides INBOX, Sent and the archive. `null_sender`: the submission server takes an empty
    envelope sender. `smtputf8`: addresses that are not ASCII before the @ may be written to (RFC 6531).
    `trusted_authserv_ids` and `border_hosts` say whose word about the sender's identity is believed (RFC 8601).
    """

    name: str
    imap: Server
    smtp: Server
    user: str
    password: PasswordSource | None = None
    trusted_authserv_ids: tuple[str, ...] = ()
    border_hosts: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    null_sender: bool = True
    auth: OAuth | None = None
    smtputf8: bool = False


_AS_SENT = "sent="


def folder_of(entry: str) -> str:
    """The folder that an entry of `folders` names: itself, or what stands behind `sent=`, where sent mail lies."""
    return entry[len(_AS_SENT) :] if entry.lower().startswith(_AS_SENT) else entry


@dataclass(frozen=True, slots=True)
class Owner:
    """The person whose mailboxes are watched; `addresses[0]` is the default sending address.

    `signature` stands below what the owner writes in an answer; machine and templates do not use it.
    """

    name: str
    addresses: tuple[str, ...]
    timezone: ZoneInfo
    language: str
    phone: str | None = None
    signature: str = ""


@dataclass(frozen=True, slots=True)
class Office:
    """Weekly hours by weekday (Monday 0), dated exceptions, whose public holidays may be adopted, and mail hours.

    Intervals are in the owner's zone, ascending and apart; an end of 00:00 is the midnight that ends the day. A date in
    `exceptions` replaces the whole day, and `()` closes it. `mail_hours` are the starts of the hours in which
    mail is answered; empty means all day. `half_day_ends` is when the office closes on an adopted half holiday.
    """

    hours: Mapping[int, tuple[tuple[time, time], ...]]
    exceptions: Mapping[date, tuple[tuple[time, time], ...]] = field(default_factory=dict)
    holidays: str | None = None
    holidays_not_adopted: tuple[str, ...] = ()
    half_day_ends: time = time(12)
    mail_hours: tuple[time, ...] = ()


@dataclass(frozen=True, slots=True)
class AwayCalendar:
    """A calendar elsewhere that says when the owner is away: a file, or a web address; exactly one is set.

    Only events with `word` in summary or category count, all where it is None. `kind`, `wording` and `buffer` (open
    time) are those of the absences; `refresh` is how often it is read; `proxy`: the address is reached so.
    """

    name: str
    path: Path | None = None
    url: str | None = None
    word: str | None = None
    kind: str = "away"
    wording: str | None = None
    buffer: timedelta = timedelta(0)
    refresh: timedelta = timedelta(hours=1)
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """How and when the machine speaks. Expectations count open office time, delays count ordinary time."""

    mode: Mode = Mode.SHADOW
    policy: AckPolicy = AckPolicy.WHEN_SLOW
    grace: timedelta = timedelta(minutes=10)
    grace_closed: timedelta = timedelta(minutes=2)
    normal_expectation: timedelta = timedelta(hours=8)
    max_delay: timedelta = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Promises:
    """How promises are held. `auto_extend`: once for each, the machine proposes a later date to a client who was told
    one that will not hold; the mail goes the way of the mode.
    """

    auto_extend: bool = False


class FollowUpStart(StrEnum):
    """Which of the owner's mails start a follow-up date by themselves."""

    ASKED = "asked"
    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True)
class FollowUps:
    """When to ask after an answer: `days` open days later, where a contact's own rhythm does not say."""

    start: FollowUpStart = FollowUpStart.ASKED
    days: int = 5


@dataclass(frozen=True, slots=True)
class PlanConfig:
    """A level of service. `target`, `floor` and `ceiling` count open office time.

    `after_hours` is what a contact may do outside office hours to be heard sooner: "none", "mail" or "phone". `policy`
    stands where neither contact nor rule has one. `wording` is one sentence by language, told in acknowledgements;
    `templates` names other texts for these clients, by the name of the text they take the place of.
    `hours` take the place of the office's weekly hours and mail hours, None keeps them. `holidays` is True for the
    office's, False for none, or a region whose days close it.
    """

    name: str
    target: timedelta
    floor: timedelta = timedelta(0)
    ceiling: timedelta | None = None
    after_hours: str = "none"
    policy: AckPolicy | None = None
    wording: Mapping[str, str] = field(default_factory=dict)
    templates: Mapping[str, str] = field(default_factory=dict)
    hours: Mapping[int, tuple[tuple[time, time], ...]] | None = None
    holidays: bool | str = True

    @property
    def own_calendar(self) -> bool:
        """Whether its open time differs from the office's."""
        return self.hours is not None or self.holidays is not True


@dataclass(frozen=True, slots=True)
class Safety:
    """What the owner adds to the gate; only `answer_cc`, `own_lists` and `form_senders` can make it louder.

    `own_lists` holds addresses or List-Ids, `form_senders` "address" or "address subject-prefix"; `list_addresses` and
    `robot_addresses` hold addresses, or whole domains written "@example.org". `public_mail_domains` are providers at
    which anybody has an address, besides those that are known: their people make no organisation.
    """

    own_addresses: tuple[str, ...] = ()
    own_lists: tuple[str, ...] = ()
    form_senders: tuple[str, ...] = ()
    list_addresses: tuple[str, ...] = ()
    robot_addresses: tuple[str, ...] = ()
    arc_sealers: tuple[str, ...] = ()
    public_mail_domains: tuple[str, ...] = ()
    answer_cc: bool = False


class Shown(StrEnum):
    """How much of a mail word to the owner may hold: that there is one, who writes about what, or how it begins too."""

    NOTHING = "nothing"
    SUBJECT = "subject"
    TEXT = "text"


class WebhookFormat(StrEnum):
    """`ntfy`: the text is the body, title and priority are headers; `json`: one object with all of it."""

    NTFY = "ntfy"
    JSON = "json"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where a notice is posted. A header's value is a text, or where a secret is read from when it is needed.

    `ca_file` adds a certificate authority of the owner's own; `proxy`: the address is reached so.
    """

    url: str
    format: WebhookFormat = WebhookFormat.NTFY
    headers: Mapping[str, str | PasswordSource] = field(default_factory=dict)
    ca_file: Path | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Notify:
    """How the owner is reached besides the desk; without `command`, `webhook` and `mail`, not at all.

    `quiet_hours` is a span of the owner's clock, over midnight where it ends before it begins. In it what is not urgent
    waits for its end, and at most `urgent_in_quiet_hours` urgent notices ring; one beyond a cap waits.
    """

    command: tuple[str, ...] = ()
    webhook: Webhook | None = None
    mail: str | None = None
    show: Shown = Shown.SUBJECT
    urgent_only: bool = False
    quiet_hours: tuple[time, time] | None = None
    urgent_in_quiet_hours: int = 1
    per_hour: int = 6
    per_day: int = 30

    @property
    def routes(self) -> tuple[str, ...]:
        """The ways that are set, by name."""
        ways = {"command": bool(self.command), "webhook": self.webhook is not None, "mail": self.mail is not None}
        return tuple(name for name, there in ways.items() if there)


@dataclass(frozen=True, slots=True)
class Watch:
    """How it is noticed that this program stopped: `ping` is a web address fetched as long as every mailbox is read.

    `proxy`: it is reached so.
    """

    ping: str | None = None
    proxy: Proxy | None = None


@dataclass(frozen=True, slots=True)
class Retention:
    """For how many months mail is kept, by what it is; None keeps it for good. Nothing is cleared away by itself."""

    robots: int | None = None
    lists: int | None = None
    social: int | None = None
    people: int | None = None


@dataclass(frozen=True, slots=True)
class Config:
    """One home's settings, complete and checked."""

    home: Path
    owner: Owner
    mailboxes: tuple[MailboxConfig, ...]
    office: Office
    acknowledge: Acknowledge
    plans: Mapping[str, PlanConfig]
    safety: Safety = Safety()
    away_calendars: tuple[AwayCalendar, ...] = ()
    notify: Notify = Notify()
    promise: Promises = Promises()
    follow_up: FollowUps = FollowUps()
    watch: Watch = Watch()
    retention: Retention = Retention()

    @property
    def file(self) -> Path:
        """What these settings were read from."""
        return self.home / "config.toml"

    @property
    def regions(self) -> tuple[str, ...]:
        """Whose public holidays count: the office's region first, then those of plans."""
        named = (self.office.holidays, *(plan.holidays for plan in self.plans.values()))
        return tuple(dict.fromkeys(region for region in named if isinstance(region, str)))

    @property
    def database(self) -> Path:
        """The one file that remembers."""
        return self.home / DATABASE

    @property
    def also_own(self) -> tuple[str, ...]:
        """Addresses that are the owner besides those they write from: old ones, and where word is sent to."""
        return (*self.safety.own_addresses, *((self.notify.mail,) if self.notify.mail is not None else ()))
