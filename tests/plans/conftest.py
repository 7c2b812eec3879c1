"""A house with plans, a phone number and a way to ring the owner."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.config import Notify, PlanConfig
from inboxcrm.service import actions
from inboxcrm.store import notices
from inboxcrm.store.notices import NoticeRow
from tests.service.house import House

PHONE = "+41 44 555 01 23"
PLANS = {
    "standard": PlanConfig("standard", timedelta(hours=8)),
    "gold": PlanConfig("gold", timedelta(hours=4), after_hours="mail"),
    "platinum": PlanConfig("platinum", timedelta(hours=2), after_hours="phone"),
    "bronze": PlanConfig("bronze", timedelta(hours=8)),
}


class Planned(House):
    """Bob is known, and may be given a plan."""

    def arrange(self, *, plans: dict[str, PlanConfig] = PLANS, **notify: Any) -> None:
        config = self.household.config
        ways = {"command": ("ring",)} | notify
        self.household.config = replace(
            config, plans=plans, notify=Notify(**ways), owner=replace(config.owner, phone=PHONE)
        )

    async def client(self, plan: str | None, *, who: str = "bob@client.example") -> None:
        """Somebody the owner knows, with this plan."""
        await self.know(f"Bob Client <{who}>")
        if plan is not None:
            actions.set_contact(self.household, who, {"plan": plan})

    def rung(self) -> list[NoticeRow]:
        """The notices there are, oldest first."""
        return self.household.database.reading(notices.listed)[::-1]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[Planned]:
    made = Planned(tmp_path)
    made.arrange()
    yield made
    made.close()
