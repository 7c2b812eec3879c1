"""Takes changed rules and texts over while the program runs: a good set as a whole, a faulty one not at all."""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Mapping
from pathlib import Path

from inboxcrm.config import Config
from inboxcrm.configuration.rulereader import Names
from inboxcrm.home import FOLDERS
from inboxcrm.render import Intent, TemplateSet
from inboxcrm.service.household import Household
from inboxcrm.store import home

log = logging.getLogger("inboxcrm.reload")

DEBOUNCE = 300
"""Milliseconds in which the changes of one saving are taken together."""

RULES_ALARM = "rules-fault"
TEXTS_ALARM = "templates-fault"

SPOKEN = (Intent.ACKNOWLEDGE, Intent.MINIMAL)
DRAFTED = (Intent.LETTER, Intent.GREET)


def names_for(config: Config, texts: TemplateSet | None) -> Names:
    """What the rules of a home may name: texts that were written for it, any where None is given, and its plans."""
    if texts is None:
        return Names(plans=frozenset(config.plans))
    return Names(
        acknowledgements=frozenset(each.name for each in texts.all() if each.intent in SPOKEN),
        drafts=frozenset(each.name for each in texts.all() if each.intent in DRAFTED),
        plans=frozenset(config.plans),
    )


async def changes(place: Path) -> AsyncIterator[None]:
    """Says so each time a file in the home's folders of rules and texts has changed; ends where there are none.

    The library is imported here: most commands never watch anything. What the system cannot watch is left to the sweep.
    """
    from watchfiles import awatch

    folders = [place / name for name in FOLDERS if (place / name).is_dir()]
    if not folders:
        return
    try:
        async for _ in awatch(*folders, debounce=DEBOUNCE, recursive=True):
            yield
    except OSError as error:
        log.warning("files.not_watched", extra={"cause": str(error)})


async def reload(household: Household) -> None:
    """Read what changed, beside the store's thread; what is wrong stands as an alarm until it is read without a fault.

    Nothing is read that was not in use yet: the first mail that asks for it finds it as it is then.
    """
    rules = household.rules_in_use
    if rules is None:
        return
    household.reloaded = await asyncio.to_thread(_read, household) or household.reloaded
    if not household.reloaded and not rules.troubles and rules.kept:
        return
    kept = await household.write(_tell, household, changed=household.reloaded)
    household.reloaded = False
    rules.kept = rules.kept or kept is rules.own_texts


def _read(household: Household) -> bool:
    rules = household.rules_in_use
    texts_changed = household.reload_texts()
    if rules is None:
        return texts_changed
    names = names_for(household.config, household.templates) if texts_changed else None
    return rules.reload_if_changed(names) or texts_changed


def _tell(connection: sqlite3.Connection, household: Household, *, changed: bool) -> Mapping[str, str] | None:
    """Answers the rules that are remembered as good from now on; None where those that were stay so."""
    rules, now = household.rules, household.clock.now()
    if changed:
        home.clear_alarms(connection, RULES_ALARM, now=now)
        home.clear_alarms(connection, TEXTS_ALARM, now=now)
    for trouble in rules.troubles:
        home.raise_alarm(connection, RULES_ALARM, trouble, now=now)
    if household.texts_fault is not None:
        home.raise_alarm(connection, TEXTS_ALARM, str(household.texts_fault), now=now)
    if rules.fault is not None:
        return None
    home.keep_good_rules(connection, rules.own_texts)
    return rules.own_texts
