"""What is remembered after the mail is on record: one round of everything that no arriving mail may wait for."""

from __future__ import annotations

import logging

from inboxcrm.service import account, commitments, in_time, lookalike, quiet, reach, social, told_days
from inboxcrm.service.household import Household
from inboxcrm.store.merging import gather_strays

log = logging.getLogger("inboxcrm.memory")


async def remember(household: Household) -> None:
    """Read what came since the last round; once a day, measure who has gone quiet."""
    suggested = await commitments.read_new(household)
    if suggested:
        log.info("memory.suggested", extra={"count": suggested})
    told = await told_days.read_new(household)
    if told:
        log.info("memory.occasions", extra={"count": told})
    await household.jot(gather_strays)
    await lookalike.draw_new(household)
    await reach.read_new(household)
    await account.class_new(household)
    await social.notice_new(household)
    measured = await quiet.measure_daily(household)
    if measured:
        log.info("memory.measured", extra={"count": measured})
    asked = await in_time.ask(household)
    if asked:
        log.info("memory.rules", extra={"count": asked})
