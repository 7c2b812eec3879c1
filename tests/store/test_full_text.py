"""The full-text index is put together in small steps, and finds the same all along."""

from __future__ import annotations

from inboxcrm.store import full_text, views
from inboxcrm.store.database import Database
from tests.store.parts import WORDS, file_in_parts


def found(database: Database) -> list[list[int]]:
    with database.read() as connection:
        return [[hit.message.id for hit in views.search(connection, f'"{word}"', limit=500)] for word in WORDS]


def test_steps_merge_all_parts_that_are_worth_it_and_find_the_same_at_each() -> None:
    database = Database(None)
    file_in_parts(database, 12)
    before, steps = found(database), 0
    assert database.reading(full_text.parts) == 12

    with database.statement() as connection:
        while full_text.merge(connection, 4):
            steps += 1
            assert found(database) == before

    assert steps > 3
    assert database.reading(full_text.parts) <= 3
    assert found(database) == before
    with database.statement() as connection:
        connection.execute("INSERT INTO search (search, rank) VALUES ('integrity-check', 1)")
    database.close()


def test_what_is_shredded_while_parts_are_half_merged_is_gone_from_the_index() -> None:
    database = Database(None)
    file_in_parts(database, 12)

    with database.shredding(), database.write() as connection:
        full_text.merge(connection, 4)
        connection.execute(
            "INSERT INTO search (search, rowid, subject, sender, recipients, text)"
            " SELECT 'delete', id, subject, sender, recipients, text FROM search_source WHERE id = 3"
        )
        connection.execute("UPDATE letters SET text = '' WHERE message_id = 3")
        connection.execute("INSERT INTO search (rowid, subject, sender, recipients, text) VALUES (3, '', '', '', '')")

    with database.read() as connection:
        blocks = b"".join(row[0] for row in connection.execute("SELECT block FROM search_data ORDER BY id"))
        words = connection.execute("SELECT COUNT(*) FROM search_words WHERE term LIKE 'own3x%'").fetchone()[0]
    assert (words, blocks.count(b"own3x")) == (0, 0)
    assert database.reading(full_text.parts) == 1
    database.close()


def test_no_mail_merges_sixteen_large_parts_once_quiet_was_known() -> None:
    with_it, without = Database(None), Database(None)
    with with_it.statement() as connection:
        full_text.leave_for_quiet(connection)
        changes = connection.total_changes
        full_text.leave_for_quiet(connection)
        assert connection.total_changes == changes

    for database in (with_it, without):
        file_in_parts(database, 17)

    assert with_it.reading(full_text.parts) > without.reading(full_text.parts)
    with_it.close()
    without.close()
