"""A home as an older version left it: its database has taken the steps up to one, and no later ones."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from inboxcrm.store import migrations
from inboxcrm.store.database import Database
from tests.config.conftest import COMPLETE

OLD = "m065_card_lines"
"""The last step of that version."""

MAILS = 40

_ROW = """
INSERT INTO messages (id, fingerprint, origin, direction, class, received_at, sender, recipients, subject, preview,
                      size)
VALUES (?, ?, 'live', 'in', 'human', '2026-03-02T09:00:00Z', '', '', 'words', '', 1)
"""


def up_to(step: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have this program know no later steps."""
    known = {name: text for name, text in migrations.STEPS.items() if name <= step}
    monkeypatch.setattr(migrations, "STEPS", known)


def older_home(place: Path) -> Path:
    """Make it, with settings and mail of half a megabyte."""
    place.mkdir(mode=0o700)
    (place / "config.toml").write_text(COMPLETE)
    with pytest.MonkeyPatch.context() as patch:
        up_to(OLD, patch)
        with closing(Database(place / "inboxcrm.db")) as database, database.write() as connection:
            connection.executemany(_ROW, [(number, bytes([number])) for number in range(1, MAILS + 1)])
            connection.execute(
                "INSERT INTO letters (message_id, raw, text) SELECT id, randomblob(12000), '' FROM messages"
            )
    return place
