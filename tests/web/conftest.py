"""The window on a small home, asked through Datasette's own client."""

from __future__ import annotations

import html
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.config import Mode
from inboxcrm.web.door import Key
from inboxcrm.web.serve import build
from tests.rules.situations import starter
from tests.web import home


@dataclass(frozen=True, slots=True)
class Window:
    """A Datasette on a home, and a visitor who has been let in."""

    site: Any
    key: Key
    path: Path
    rows: home.Rows

    async def get(self, path: str, *, seated: bool = True, **options: Any) -> Any:
        cookies = {self.key.cookie_name: self.key.cookie} if seated else {}
        return await self.site.client.get(path, cookies=cookies, **options)

    async def read(self, path: str) -> str:
        """A page that must be there, with its entities resolved, for looking up words."""
        answer = await self.get(path)
        assert answer.status_code == 200, answer.text
        return html.unescape(answer.text)

    def own_pages(self) -> Mapping[str, str]:
        """The path of every page of ours, by what it shows."""
        rows = self.rows
        return {
            "home": "/",
            "messages": "/-/inboxcrm/messages",
            "contacts": "/-/inboxcrm/contacts",
            "memory": "/-/inboxcrm/memory",
            "duplicates": "/-/inboxcrm/duplicates",
            "contact": f"/-/inboxcrm/contact/{rows.contact}",
            "matter": f"/-/inboxcrm/matter/{rows.matter}",
            "message": f"/-/inboxcrm/message/{rows.message}",
            "search": "/-/inboxcrm/search?q=offer",
            "promises": "/-/inboxcrm/promises",
            "outbox": "/-/inboxcrm/outbox",
            "data": "/-/inboxcrm/data",
        }


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Window]:
    path = tmp_path / "inboxcrm.db"
    rows = home.build(path)
    key = Key("8001")
    site, desk = build(path, home.OWNER, mode=lambda: Mode.AUTO, clock=home.FixedClock(), key=key, rules=starter())
    yield Window(site, key, path, rows)
    desk.reader.close()
