"""Erases anew who was erased since the database was what it is: it was put back from an older backup."""

from __future__ import annotations

import logging
import sqlite3

from inboxcrm import spool
from inboxcrm.home import spool_folder
from inboxcrm.service import erased_file, erasing, upgrade
from inboxcrm.service.household import Household
from inboxcrm.store import erased_people, home, tombstones, views
from inboxcrm.store.tombstones import ADDRESS, Tombstone

log = logging.getLogger("inboxcrm.erased_since")

CAME_BACK = "erased-came-back"


def heed(household: Household) -> int:
    """As a home is opened: have the file of those who were erased and the database know the same; how many came back.

    Whoever is in the database with other addresses too is left, with an alarm: those may be somebody else's.
    """
    folder = household.config.home
    if household.database.reading(lambda connection: _is_heeded(connection, erased_file.stamp(folder))):
        return 0
    laid = {each.digest: each for each in household.database.reading(tombstones.laid)}
    told = erased_file.read(folder, household.secret)
    since = [each for each in told if each.digest not in laid or laid[each.digest].erased_at < each.erased_at]
    count = _erase(household, since) if since else 0
    if erased_file.keep(household):
        with household.database.write() as connection:
            home.set_value(connection, erased_file.HEEDED, erased_file.stamp(folder))
    return count


def _is_heeded(connection: sqlite3.Connection, stamp: str | None) -> bool:
    if stamp is None and tombstones.any_laid(connection):
        return False
    return home.value(connection, erased_file.HEEDED) == stamp


def _erase(household: Household, since: list[Tombstone]) -> int:
    with household.database.shredding(), household.database.write() as connection:
        whole, partly = _who(connection, household.secret, since)
        for contact_id in whole:
            contact = views.contact(connection, contact_id)
            if contact is not None:
                erasing.erase_again(household, connection, contact)
        for contact_id in partly:
            detail = f"contact {contact_id}: an address of theirs was erased since this backup, and others were not"
            home.raise_alarm(connection, CAME_BACK, detail, now=household.clock.now())
        tombstones.lay_again(connection, since)
    spool.clear(spool_folder(household.config.home))
    upgrade.forget(household.config.home)
    log.warning("erased_since.erased_again", extra={"contacts": len(whole), "left": len(partly)})
    return len(whole)


def _who(connection: sqlite3.Connection, secret: bytes, since: list[Tombstone]) -> tuple[list[int], list[int]]:
    """The contacts all of whose addresses were erased, and those of whom only some were."""
    gone = {each.digest for each in since if each.kind == ADDRESS}
    whole: list[int] = []
    partly: list[int] = []
    for contact_id, keys in erased_people.contacts_by_address(connection).items():
        erased = [tombstones.digest(secret, ADDRESS, key).hex() in gone for key in keys]
        if any(erased):
            (whole if all(erased) else partly).append(contact_id)
    return whole, partly
