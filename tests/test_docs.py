"""The documents say what the program does: every setting is there, with its default, and every example works."""

from __future__ import annotations

import re
from dataclasses import MISSING, Field, fields
from datetime import time, timedelta
from pathlib import Path

import pytest

from inboxcrm.config import (
    Acknowledge,
    AwayCalendar,
    Config,
    FollowUps,
    MailboxConfig,
    Notify,
    OAuth,
    Office,
    Owner,
    PasswordSource,
    PlanConfig,
    Promises,
    Retention,
    Safety,
    Server,
    Watch,
    Webhook,
)
from inboxcrm.configuration import read_config
from inboxcrm.domain.durations import format_duration, parse_duration
from inboxcrm.providers import PROVIDERS

ROOT = Path(__file__).parent.parent
CONFIGURATION = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| ((?:`[\w.]+`(?:, )?)+) \| (.+) \| (.+) \| (.+) \|$", re.MULTILINE)
DEFAULTS = {key: row[4] for row in ROW.finditer(CONFIGURATION) for key in re.findall(r"`([\w.]+)`", row[1])}

SECTIONS: dict[str, type] = {
    "owner": Owner,
    "mailbox": MailboxConfig,
    "imap": Server,
    "smtp": Server,
    "password": PasswordSource,
    "auth": OAuth,
    "office": Office,
    "acknowledge": Acknowledge,
    "promise": Promises,
    "follow_up": FollowUps,
    "plans.NAME": PlanConfig,
    "safety": Safety,
    "away_calendar": AwayCalendar,
    "notify": Notify,
    "webhook": Webhook,
    "watch": Watch,
    "retention": Retention,
}
SETTINGS = {
    f"{section}.{each.name}": each
    for section, kind in SECTIONS.items()
    for each in fields(kind)
    if (section, each.name) != ("plans.NAME", "name")
}
DIFFERS_BY_CIRCUMSTANCE = {
    "mailbox.null_sender",
    "owner.language",
    "plans.NAME.target",
    *(f"{server}.{key}" for server in ("imap", "smtp") for key in ("port", "security")),
}
"""Defaults that the reader chooses; tests/config holds them."""


def written(default: object) -> str:
    match default:
        case None:
            return "none"
        case bool():
            return f"`{str(default).lower()}`"
        case timedelta():
            return f'"{format_duration(default)}"'
        case int():
            return f"`{default}`"
        case time():
            return f'`"{default:%H:%M}"`'
        case str():
            return f'`"{default}"`'
        case ():
            return "`[]`"
        case _:
            return "`{}`"


@pytest.mark.parametrize("key", SETTINGS)
def test_every_setting_is_documented(key: str) -> None:
    assert key in DEFAULTS, f"docs/configuration.md has no row for {key}"


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert DEFAULTS.keys() == SETTINGS.keys()


def test_every_section_of_the_configuration_is_compared() -> None:
    assert {each.name for each in fields(Config)} == {
        "home",
        "owner",
        "mailboxes",
        "office",
        "acknowledge",
        "plans",
        "safety",
        "away_calendars",
        "notify",
        "promise",
        "follow_up",
        "watch",
        "retention",
    }


@pytest.mark.parametrize("key", [key for key in SETTINGS if key not in DIFFERS_BY_CIRCUMSTANCE | {"office.hours"}])
def test_a_documented_default_is_the_real_one(key: str) -> None:
    setting: Field[object] = SETTINGS[key]
    told = DEFAULTS[key]

    if setting.default is not MISSING:
        default = setting.default
        if isinstance(default, timedelta):
            assert parse_duration(told.strip('`"')) == default
        else:
            assert told == written(default)
    elif setting.default_factory is not MISSING:
        assert told == "`{}`"
    else:
        assert told == "needed"


@pytest.mark.parametrize(
    "page", sorted([*(ROOT / "docs").glob("*.md"), ROOT / "README.md"]), ids=lambda page: page.name
)
def test_every_example_configuration_works(page: Path, tmp_path: Path) -> None:
    blocks = re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)

    for block in blocks:
        if block.startswith("[owner]"):
            read_config(block, tmp_path)


@pytest.mark.parametrize(
    "page", sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")]), ids=lambda page: page.name
)
def test_every_link_between_the_pages_leads_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))

    assert [target for target in targets if not (page.parent / target).exists()] == []


@pytest.mark.parametrize("name", sorted({provider.name.partition(" (")[0] for provider in PROVIDERS}))
def test_every_known_provider_is_on_the_start_page(name: str) -> None:
    assert name in (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
