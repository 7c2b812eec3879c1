"""Has the full-text index put together in small steps, while no mail comes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from inboxcrm.service.household import Household, seconds
from inboxcrm.store import full_text
from inboxcrm.store.database import Database

PAGES = 32
"""Pages that a step writes: a few milliseconds, for which a mail that comes just then waits."""

REST = timedelta(milliseconds=40)
"""Between two steps, which leaves nine tenths of the time to others."""

AT_AN_END = 64
"""Steps of a program that reads once and ends: a hundredth of what a first reading of 20,000 mails takes. What is more
is left to its next turn; who reads a few mails at a time never has more to do.
"""

FOLD_EVERY = 4
"""Steps after which the database's log is folded into its file, before some mail's commit has to."""


async def put_together(household: Household, *, quiet: Callable[[], bool]) -> bool:
    """Merge what there is to merge, for as long as it is `quiet`; whether that was all.

    Raises TransientError where the disk takes no writing; what was merged stays.
    """
    done = 0
    while quiet():
        more = await household.run(_step, household.database)
        done += 1
        if done % FOLD_EVERY == 0:
            await household.run(household.database.fold)
        if not more:
            return True
        await asyncio.sleep(seconds(REST))
    return False


async def put_together_some(household: Household) -> None:
    """Merge some of what there is to merge, at once, where no daemon will find the quiet for it.

    Raises TransientError where the disk takes no writing; what was merged stays.
    """
    for _ in range(AT_AN_END):
        if not await household.run(_step, household.database):
            return


def _step(database: Database) -> bool:
    with database.statement() as connection:
        full_text.leave_for_quiet(connection)
        return full_text.merge(connection, PAGES)
