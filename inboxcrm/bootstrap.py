"""Opens a home: its settings, its memory, its texts and rules.

What talks to servers is built in `wiring`, which takes as long to import as all this does: most commands need none of
it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from inboxcrm.clock import SystemClock
from inboxcrm.config import Config
from inboxcrm.configuration import load
from inboxcrm.errors import InboxcrmError, RuleError, TemplateError, UserError
from inboxcrm.home import keep_in_mind
from inboxcrm.ports import Clock
from inboxcrm.render import Intent, TemplateSet
from inboxcrm.service import erased_since, reload, upgrade
from inboxcrm.service.backup import Backup
from inboxcrm.service.household import Household
from inboxcrm.store.database import Database

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook


@contextmanager
def household(home: Path, *, clock: Clock | None = None) -> Iterator[Household]:
    """A home, opened: settings, memory, texts and rules. Raises UserError for what the owner must mend."""
    config = load(home)
    found = opened(config, clock=clock)
    try:
        yield found
    finally:
        found.close()


def assemble(config: Config, database: Database, *, clock: Clock | None = None) -> Household:
    """A household over a database that is open already."""
    return Household(
        config=config,
        database=database,
        clock=clock or SystemClock(),
        load_templates=partial(template_set, config),
        load_rules=partial(rule_book, config),
    )


def template_set(config: Config) -> TemplateSet:
    """The shipped texts, and the home's in their place. TemplateError, also for a plan that names none of them."""
    texts = TemplateSet.load(config.home / "templates", default_language=config.owner.language)
    fit = {each.name for each in texts.all() if each.intent is Intent.ACKNOWLEDGE}
    unknown = [
        f"{config.file}: plans.{plan.name}.templates.{stands_for}: there is no template {name!r} for "
        f"acknowledgements; there are {', '.join(sorted(fit))}"
        for plan in config.plans.values()
        for stands_for, name in plan.templates.items()
        if name not in fit
    ]
    if unknown:
        raise TemplateError("\n".join(unknown))
    return texts


def rule_book(config: Config, texts: TemplateSet | None, last_good: Mapping[str, str] | None = None) -> RuleBook:
    """The rules of a home; those that acknowledge or draft may name a text that was written for it, or any (None).

    `last_good` are the home's files of rules as they last could be used, in force where the present ones cannot be.
    Imported here because the rule language builds its parser when it is imported, which takes longer than most
    commands do.
    """
    from inboxcrm.rulebook import RuleBook

    return RuleBook.load(
        config.home / "rules", names=reload.names_for(config, texts), zone=config.owner.timezone, last_good=last_good
    )


def fit_rules(config: Config) -> RuleBook:
    """The rules as they stand now. Raises a UserError with every fault of texts and of rules, a line each.

    Where the texts cannot be used the rules are read all the same, but for which texts they name.
    """
    faults: list[UserError] = []
    texts = None
    try:
        texts = template_set(config)
    except TemplateError as error:
        faults.append(error)
    try:
        book = rule_book(config, texts)
    except RuleError as error:
        faults.append(error)
    if len(faults) > 1:
        raise UserError("\n".join(map(str, faults)))
    for fault in faults:
        raise fault
    return book


def opened(config: Config, *, clock: Clock | None = None) -> Household:
    """The same of settings that were read already; whoever asks closes it."""
    clock = clock or SystemClock()
    database = upgrade.opened(config.home, clock=clock)
    keep_in_mind(config.home)
    try:
        house = assemble(config, database, clock=clock)
        erased_since.heed(house)
    except InboxcrmError:
        database.close()
        raise
    return house


def brought_up_to_date(home: Path, *, into: Path | None) -> Backup | None:
    """Bring a home up to date; answers the backup that was made first, in `into` or in the home, None where it was."""
    config = load(home)
    made: list[Backup] = []
    upgrade.opened(config.home, clock=SystemClock(), into=into, made=made.append).close()
    return made[0] if made else None
