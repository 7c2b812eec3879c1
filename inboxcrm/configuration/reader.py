"""Turns config.toml into a Config, or tells every problem in it at once."""

from __future__ import annotations

import re
import shlex
import tomllib
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from inboxcrm.config import (
    Acknowledge,
    AckPolicy,
    Config,
    FollowUps,
    FollowUpStart,
    MailboxConfig,
    Mode,
    Owner,
    PlanConfig,
    Promises,
    Retention,
    Safety,
)
from inboxcrm.configuration import values
from inboxcrm.configuration.lines import locate
from inboxcrm.configuration.mailboxes import read_mailbox, read_proxy
from inboxcrm.configuration.notify import read_notify, read_watch
from inboxcrm.configuration.office import plan_holidays, read_away_calendar, read_hours, read_office
from inboxcrm.configuration.problems import ConfigRefusedError, Problem
from inboxcrm.configuration.table import Refused, Report, Table, shown
from inboxcrm.domain.durations import format_duration
from inboxcrm.errors import ConfigError, UserError
from inboxcrm.home import CONFIG_FILE
from inboxcrm.passwords import Secret, read_password

UTC_ZONE = ZoneInfo("UTC")
STANDARD_PLAN = PlanConfig("standard", timedelta(hours=8))
"""The plan of whoever has no other; eight office hours are one ordinary working day."""


REPLACEABLE = ("acknowledge", "after-hours", "away", "three-questions", "call-back")
"""Acknowledgements for which a plan may name a text of its own; what strangers and possible forgers get stays."""


def load(home: Path) -> Config:
    """The settings of a home. ConfigError lists every problem in the file, or says how to make one."""
    return read_config(_read_text(home / CONFIG_FILE), home)


def read_config(text: str, home: Path) -> Config:
    """The settings in a text that is, or shall be, the config.toml of a home. ConfigError lists every problem."""
    report = Report(home / CONFIG_FILE, {})
    parsed = _parse(text, report)
    if parsed is not None:
        report.lines = locate(text)
        config = _config(home, Table(parsed, (), report))
        if not report.problems:
            return config
    raise ConfigRefusedError(report.file, report.problems)


def password_problems(
    config: Config, *, read: Callable[[MailboxConfig], Secret] = read_password
) -> tuple[Problem, ...]:
    """Which passwords cannot be had now, told as problems of the file. Reads every source, shows none of them.

    A mailbox that is signed in to has none; whether its sign-in still holds is seen when it is watched.
    """
    report = Report(config.file, locate(_read_text(config.file)) if config.file.is_file() else {})
    for index, mailbox in enumerate(config.mailboxes):
        if mailbox.auth is not None:
            continue
        try:
            read(mailbox)
        except UserError as error:
            report.add(("mailbox", index, "password"), "unreachable", str(error))
    return tuple(report.problems)


def check_passwords(config: Config, *, read: Callable[[MailboxConfig], Secret] = read_password) -> None:
    """Make sure that every password can be had. ConfigError lists those that cannot."""
    problems = password_problems(config, read=read)
    if problems:
        raise ConfigRefusedError(config.file, problems)


def _read_text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig").replace("\r\n", "\n")
    except FileNotFoundError as error:
        raise ConfigError(
            f"{file} does not exist. Type: inboxcrm --home {shlex.quote(str(file.parent))} init"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problem = Problem(file, line, "", "a byte that is not UTF-8", "save the file in the encoding UTF-8")
        raise ConfigRefusedError(file, [problem]) from error
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror or error}") from error


def _parse(text: str, report: Report) -> Mapping[str, object] | None:
    """The tables of a TOML text, or None when it is not TOML and that has been reported."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said, _, place = str(error).rpartition(" (at ")
        at = re.match(r"line (\d+)", place)
        line = int(at[1]) if at else text.count("\n") + 1
        found = (said or str(error)).strip()
        allowed = "the line must be valid TOML (texts stand in quotes; one key, one value)"
        report.problems.append(Problem(report.file, line, "", f"not TOML: {found}", allowed))
        return None


def _config(home: Path, root: Table) -> Config:
    owner = _owner(root.table("owner"))
    proxy = read_proxy(root)
    mailboxes = tuple(read_mailbox(table, home, proxy) for table in root.tables("mailbox"))
    if not mailboxes and isinstance(root.values.get("mailbox", []), list):
        root.problem("mailbox", "missing", "at least one [[mailbox]] is needed")
    _refuse_same_names("mailbox", [mailbox.name for mailbox in mailboxes], root)
    config = Config(
        home=home,
        owner=owner,
        mailboxes=mailboxes,
        office=read_office(root.table("office"), owner.language),
        acknowledge=_acknowledge(root.table("acknowledge")),
        plans=_plans(root.table("plans"), has_phone="phone" in root.table("owner").values),
        safety=_safety(root.table("safety")),
        away_calendars=tuple(read_away_calendar(table, home, proxy) for table in root.tables("away_calendar")),
        notify=read_notify(root.table("notify"), home, owner, proxy),
        promise=_promise(root.table("promise")),
        follow_up=_follow_up(root.table("follow_up")),
        watch=read_watch(root.table("watch"), proxy),
        retention=_retention(root.table("retention")),
    )
    _refuse_same_names("away_calendar", [each.name for each in config.away_calendars], root)
    root.close()
    return config


def _owner(table: Table) -> Owner:
    addresses = 'must be a list of mail addresses such as ["ann@example.org"]; the first is the one written from'
    owner = Owner(
        name=table.require("name", values.text, "", needs="the name the owner signs with is needed"),
        addresses=_addresses(table),
        timezone=table.require("timezone", values.zone, UTC_ZONE, needs='a zone such as "Europe/Zurich" is needed'),
        language=table.read("language", values.language, "en"),
        phone=table.read("phone", values.phone, None),
        signature=table.read("signature", values.lines, ""),
    )
    if table.values.get("addresses", []) == []:
        table.problem("addresses", "none given", addresses)
    table.close()
    return owner


def _addresses(table: Table) -> tuple[str, ...]:
    """The owner's addresses, as they can be written from; one that cannot be may stand in any place but the first."""
    found = table.read_list("addresses", values.address)
    written: list[str] = []
    for each in found:
        try:
            written.append(values.written_from(each))
        except Refused as refused:
            if not written:
                table.problem("addresses", f'found "{each}" first', f"{refused.allowed}, and name that first")
            written.append(each)
    return tuple(written)


def _refuse_same_names(key: str, names: Sequence[str], root: Table) -> None:
    seen: dict[str, int] = {}
    for index, name in enumerate(names):
        first = seen.setdefault(name.casefold(), index)
        if first != index and name:
            root.report.add((key, index, "name"), f'found "{name}"', f"must differ from that of {key}[{first + 1}]")


def _acknowledge(table: Table) -> Acknowledge:
    standard = Acknowledge()
    chosen = Acknowledge(
        mode=table.read("mode", values.choice(Mode), standard.mode),
        policy=table.read("policy", values.choice(AckPolicy), standard.policy),
        grace=table.read("grace", values.duration, standard.grace),
        grace_closed=table.read("grace_closed", values.duration, standard.grace_closed),
        normal_expectation=table.read("normal_expectation", values.duration, standard.normal_expectation),
        max_delay=table.read("max_delay", values.duration, standard.max_delay),
    )
    for key, wait in (("grace", chosen.grace), ("grace_closed", chosen.grace_closed)):
        if wait >= chosen.max_delay:
            limit = format_duration(chosen.max_delay)
            table.problem(key, f'found "{format_duration(wait)}"', f'must be less than max_delay, which is "{limit}"')
    table.close()
    return chosen


def _promise(table: Table) -> Promises:
    chosen = Promises(auto_extend=table.read("auto_extend", values.boolean, Promises().auto_extend))
    table.close()
    return chosen


def _follow_up(table: Table) -> FollowUps:
    standard = FollowUps()
    chosen = FollowUps(
        start=table.read("start", values.choice(FollowUpStart), standard.start),
        days=table.read("days", values.days, standard.days),
    )
    table.close()
    return chosen


def _retention(table: Table) -> Retention:
    chosen = Retention(
        robots=table.read("robots", values.months, None),
        lists=table.read("lists", values.months, None),
        social=table.read("social", values.months, None),
        people=table.read("people", values.months, None),
    )
    table.close()
    return chosen


def _plans(table: Table, *, has_phone: bool) -> Mapping[str, PlanConfig]:
    plans = {STANDARD_PLAN.name: STANDARD_PLAN}
    for name in table.values:
        try:
            plans[values.mailbox_name(name)] = _plan(table.table(name), name, has_phone=has_phone)
        except Refused as refused:
            table.problem(name, f"found the name {shown(name)}", refused.allowed)
    table.close()
    return plans


def _plan(table: Table, name: str, *, has_phone: bool) -> PlanConfig:
    plan = PlanConfig(
        name=name,
        target=table.read("target", values.duration, STANDARD_PLAN.target),
        floor=table.read("floor", values.duration, STANDARD_PLAN.floor),
        ceiling=table.read("ceiling", values.duration, STANDARD_PLAN.ceiling),
        after_hours=table.read("after_hours", values.one_of(("none", "mail", "phone")), STANDARD_PLAN.after_hours),
        hours=read_hours(table),
        holidays=table.read("holidays", plan_holidays, STANDARD_PLAN.holidays),
        policy=table.read("policy", values.choice(AckPolicy), STANDARD_PLAN.policy),
        wording=_by_name(table.table("wording"), values.LANGUAGES, values.text),
        templates=_by_name(table.table("templates"), REPLACEABLE, values.mailbox_name),
    )
    if plan.ceiling is not None and plan.ceiling < max(plan.target, plan.floor):
        table.problem("ceiling", f'found "{format_duration(plan.ceiling)}"', "must not be below target or floor")
    if plan.after_hours == "phone" and not has_phone:
        table.problem("after_hours", 'found "phone"', "needs the number to give: phone in [owner]")
    table.close()
    return plan


def _by_name(table: Table, names: Sequence[str], convert: Callable[[object], str]) -> Mapping[str, str]:
    """A table whose keys are some of these names."""
    found = {name: table.read(name, convert, "") for name in names}
    table.close()
    return {name: value for name, value in found.items() if value}


def _safety(table: Table) -> Safety:
    safety = Safety(
        own_addresses=table.read_list("own_addresses", values.address),
        own_lists=table.read_list("own_lists", values.address_or_list_id),
        form_senders=table.read_list("form_senders", values.form_sender),
        list_addresses=table.read_list("list_addresses", values.address_or_domain),
        robot_addresses=table.read_list("robot_addresses", values.address_or_domain),
        arc_sealers=table.read_list("arc_sealers", values.host),
        public_mail_domains=table.read_list("public_mail_domains", values.host),
        answer_cc=table.read("answer_cc", values.boolean, Safety().answer_cc),
    )
    table.close()
    return safety
