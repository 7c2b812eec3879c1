"""What a mended log-in and changed settings mean for a daemon that runs: it tries again, or is to be started anew.

A daemon that was refused waits for hours, so that it locks nobody out. Whoever has mended the password, or the server's
certificate, types `inboxcrm doctor`; where that was let in, the daemon need not wait any longer.
"""

from __future__ import annotations

import hashlib
import json
import sqlite3
import tomllib
from collections.abc import Collection, Mapping
from datetime import datetime
from pathlib import Path

from inboxcrm.home import CONFIG_FILE, running_pid
from inboxcrm.ports import Mailbox, MailboxState, MailboxStatus
from inboxcrm.service.checks import Check
from inboxcrm.service.household import Household
from inboxcrm.store import home, views


def mark_of(folder: Path) -> str | None:
    """What tells settings from others, but for the mode, which a daemon takes over as it runs; None for no settings."""
    try:
        settings = tomllib.loads((folder / CONFIG_FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    if isinstance(acknowledge := settings.get("acknowledge"), dict):
        acknowledge.pop("mode", None)
    return hashlib.sha256(json.dumps(settings, sort_keys=True, default=str).encode()).hexdigest()


async def begin(household: Household) -> None:
    """A daemon begins with the settings as they stand."""
    if (mark := mark_of(household.config.home)) is not None:
        await household.write(home.begin_with, mark)


def outdated(household: Household, connection: sqlite3.Connection) -> int | None:
    """The process of a daemon that runs with other settings than those in config.toml now; None where none does."""
    pid, mark = running_pid(household.config.home), mark_of(household.config.home)
    return pid if pid is not None and mark is not None and home.began_with(connection) not in {None, mark} else None


def check(household: Household, let_in: Collection[str]) -> list[Check]:
    """For `doctor`, which logged in to these mailboxes: have the daemon try the same, and say what it cannot know."""
    with household.database.write() as connection:
        for name in let_in:
            home.note_let_in(connection, name, now=household.clock.now())
    with household.database.read() as connection:
        pid = outdated(household, connection)
        waiting = [
            row.name
            for row in views.mailboxes(connection)
            if row.name in let_in and row.state == MailboxState.NEEDS_USER
        ]
    if pid is not None:
        hint = "Start it anew for them to count; only acknowledge.mode is taken over as it runs."
        return [Check("daemon", ok=True, detail=f"pid {pid} began before config.toml got its settings", hint=hint)]
    if running_pid(household.config.home) is None:
        return []
    hint = "See inboxcrm status. Where it is refused again its password is another: start it anew."
    return [
        Check("daemon", ok=True, detail=f"{name} was waiting for you, and is tried again now", hint=hint)
        for name in waiting
    ]


async def heed(household: Household, mailboxes: Mapping[str, Mailbox], fares: Mapping[str, MailboxStatus]) -> None:
    """Have each mailbox that waits for its owner tried again where they were let in since."""
    waiting = [name for name, one in fares.items() if one.state is MailboxState.NEEDS_USER]
    if not waiting:
        return

    def asked(connection: sqlite3.Connection) -> Mapping[str, datetime | None]:
        return {name: home.let_in_at(connection, name) for name in waiting}

    for name, at in (await household.read(asked)).items():
        if at is not None:
            mailboxes[name].try_again(let_in_at=at)
