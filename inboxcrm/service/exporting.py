"""Takes mail out of the home, all of it or some, with nothing changed in its octets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from inboxcrm.archives.writing import Layout, Writer, writer
from inboxcrm.errors import UserError
from inboxcrm.service.household import Household
from inboxcrm.store import home, selection
from inboxcrm.store.selection import Selection

AT_ONCE = 50
"""How many mails are read between two looks of others at the database."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and where."""

    mails: int
    octets: int
    to: str


def export(
    household: Household,
    wanted: Selection,
    path: Path,
    layout: Layout,
    *,
    look: Callable[[int, int], None],
) -> Exported:
    """Write the mail that is meant to a new archive, and say so in the journal. Raises UserError as `write` does."""
    exported = write(household, wanted, path, layout, look=look)
    now = household.clock.now()
    with household.database.write() as connection:
        home.journal(connection, "export", None, {"mails": exported.mails, "layout": layout.value}, now=now)
    return exported


def write(
    household: Household,
    wanted: Selection,
    path: Path,
    layout: Layout,
    *,
    look: Callable[[int, int], None],
) -> Exported:
    """Write the mail that is meant to a new archive. Raises UserError where something lies at the path already, and
    where the disk takes no more.

    `look` is told how many of how many mails are written. Mail that arrives meanwhile is not in it.
    """
    rows = household.database.reading(lambda connection: selection.ids(connection, wanted))
    try:
        with writer(path, layout) as archive:
            return _write_all(household, rows, archive, str(path), look)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}. Nothing of it was kept") from error


def _write_all(
    household: Household, rows: Sequence[int], archive: Writer, name: str, look: Callable[[int, int], None]
) -> Exported:
    octets = written = 0
    for at in range(0, len(rows), AT_ONCE):
        with household.database.read() as connection:
            for mail in selection.stored(connection, rows[at : at + AT_ONCE]):
                archive.add(
                    mail.raw,
                    number=mail.id,
                    sender=mail.sender_key,
                    received_at=mail.received_at,
                    flags=mail.flags,
                )
                octets += len(mail.raw)
                written += 1
        look(written, len(rows))
    return Exported(written, octets, name)
