"""Under what name a folder lies now, however often it was renamed."""

from __future__ import annotations

from datetime import UTC, datetime

from inboxcrm.ports import FolderRole, Position
from inboxcrm.store import folders
from inboxcrm.store.database import Database

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)


def test_a_folder_is_known_by_every_name_it_had_and_none_is_lost_on_the_way() -> None:
    database = Database(None)
    with database.write() as connection:
        mailbox = folders.enrol(connection, "main", now=NOON)
        other = folders.enrol(connection, "other", now=NOON)
        row = folders.move_to(
            connection, mailbox, "Clients", FolderRole.OTHER, Position(7, 12, object_id="F1", news_since=NOON)
        )
        folders.move_to(connection, other, "Clients", FolderRole.OTHER, Position(7, 3))

        for old, new in (("Clients", "Customers"), ("Customers", "Kunden")):
            folders.rename(connection, mailbox, old, new)

        found = folders.folder(connection, "main", "Kunden")
        assert folders.followed(connection, "main") == {"Clients": "Kunden", "Customers": "Kunden"}
        assert folders.followed(connection, "other") == {}
    assert found is not None
    assert (found.id, found.position) == (row, Position(7, 12, object_id="F1", news_since=NOON))
    database.close()
