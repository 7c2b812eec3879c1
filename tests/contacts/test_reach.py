"""How people are reached besides mail, how they stand to one another, and what they are in a matter."""

from __future__ import annotations

import json

import pytest

from inboxcrm.domain.phones import in_signature, owner_region, read_number, region_of
from inboxcrm.domain.relations import relation
from inboxcrm.errors import UserError
from inboxcrm.service import merging, reach, regroup
from inboxcrm.service.memory import remember
from inboxcrm.store import contacts
from tests.contacts.test_merging import BOB, BOB_AT_HOME, contact_of, two_bobs
from tests.memory.conftest import Run
from tests.service.house import House, letter_id, mail

LETTER = """Dear Ann,

call me at your leisure; order 044 668 18 00 of 2026 is late.

Bob

-- 
Bob Client, Larch Ltd
T +41 44 668 18 00 | Mobile: 079 321 00 11
Fax 044 668 18 01
IBAN CH93 0076 2011 6238 5295 7

On Mon, 2 Mar 2026 Ann Example wrote:
> Ann Example, +44 20 7946 0958
"""  # noqa: W291 - the delimiter of a signature ends with a blank


def test_numbers_below_a_letter_are_found_and_others_are_not() -> None:
    found = in_signature(LETTER, "CH")

    assert [(each.e164, each.label) for each in found] == [("+41446681800", ""), ("+41793210011", "mobile")]
    assert found[1].national == "079 321 00 11"


def test_without_a_delimiter_the_last_lines_are_the_signature() -> None:
    assert [each.e164 for each in in_signature("Hello\n\nBob\n+41 44 668 18 00\n", None)] == ["+41446681800"]


def test_a_local_number_needs_to_know_where() -> None:
    assert read_number("044 668 18 00", None) is None
    assert read_number("12", "CH") is None
    number = read_number("(212) 456-7890", "US")
    assert number is not None
    assert number.e164 == "+12124567890"


@pytest.mark.parametrize(
    ("timezone", "keys", "region"),
    [
        ("Europe/Rome", ("a@b.de",), "IT"),
        (None, ("a@b.co.uk",), "GB"),
        (None, ("a@b.io", "a@b.fr"), "FR"),
        (None, ("a@b.example",), "CH"),
    ],
)
def test_where_a_contact_telephones_from(timezone: str | None, keys: tuple[str, ...], region: str) -> None:
    assert region_of(timezone=timezone, keys=keys, owner=owner_region(holidays="CH-ZH", timezone="UTC")) == region


async def test_a_number_below_a_letter_is_suggested_and_the_owner_decides(house: House, run: Run) -> None:
    await house.arrive(mail(1, sender=BOB, text=LETTER))
    await remember(house.household)

    rows = [json.loads(line) for line in run("contacts", "phones", "--suggested", "--json").output.splitlines()]
    assert [(row["number"], row["message_id"]) for row in rows] == [("+41446681800", 1), ("+41793210011", 1)]
    assert "below their letters" in run("brief", "1").output

    assert "+41 44 668 18 00 (work)" in run("contacts", "phone", BOB_KEY, "044 668 18 00", "--label", "work").output
    assert run("contacts", "phone", BOB_KEY, "+41793210011", "--drop").exit_code == 0
    await house.arrive(mail(2, sender=BOB, text=LETTER))
    await remember(house.household)

    assert "044 668 18 00 (work)" in run("brief", "1").output
    assert run("contacts", "phones", "--suggested").output == "No number is on record.\n"


BOB_KEY = "bob@client.example"


async def test_what_is_no_number_is_refused(house: House, run: Run) -> None:
    await house.arrive(mail(1, sender=BOB))

    said = run("contacts", "phone", BOB_KEY, "call me")

    assert isinstance(said.exception, UserError)
    assert "no number" in str(said.exception)


async def test_a_relation_stands_on_both_cards(house: House, run: Run) -> None:
    one, other = await two_bobs(house)

    assert run("contacts", "relate", f"c{one}", "assistant-of", f"c{other}").exit_code == 0
    assert run("contacts", "relate", f"c{other}", "sings with", f"c{one}").exit_code == 0

    assert "assistant of Bob" in run("brief", f"c{one}").output
    said = run("contact", str(other)).output
    assert f"assisted by Bob Client (c{one})" in said
    assert "sings with Bob Client" in said
    assert "Bob sings with them" in run("brief", f"c{one}").output
    assert json.loads(run("contact", str(other), "--json").output.splitlines()[0])["relations"]

    assert run("contacts", "relate", f"c{one}", "--drop", f"c{other}").exit_code == 0
    assert "related" not in run("brief", f"c{one}").output


async def test_the_same_relation_is_kept_once_from_whichever_side(house: House) -> None:
    one, other = await two_bobs(house)

    for first, second in ((one, other), (one, other), (other, one)):
        reach.relate(house.household, first, second, "works-with")

    assert house.ask("SELECT COUNT(*) FROM relations") == [(1,)]


def test_a_relation_needs_words() -> None:
    with pytest.raises(ValueError, match="how they stand"):
        relation("  ")


async def test_two_who_were_related_and_merged_are_related_again_when_parted(house: House) -> None:
    one, other = await two_bobs(house)
    reach.relate(house.household, one, other, "works-with")

    merging.merge(house.household, one, other)
    assert house.ask("SELECT COUNT(*) FROM relations") == [(0,)]
    merging.unmerge(house.household, other)

    assert house.ask("SELECT contact_id, other_id FROM relations") == [(one, other)]


async def test_who_decides_and_who_pays_is_kept_with_the_matter(house: House, run: Run) -> None:
    one, other = await two_bobs(house)
    run("matter", "roles", letter_id(1), f"c{one}", "decides")
    run("matter", "roles", letter_id(1), f"c{other}", "pays")

    regroup.merge(house.household, letter_id(1), letter_id(2, "mail.example"))

    assert "pays" in run("matter", "roles", "2").output
    assert "decides in Parking" in run("brief", f"c{one}").output
    assert "decides" not in run("matter", "roles", "1", f"c{one}", "--drop").output


async def test_a_page_belongs_to_one_contact(house: House, run: Run) -> None:
    one, other = await two_bobs(house)

    said = run("contacts", "page", f"c{one}", "linkedin.com/in/Bob-Client/?utm=1").output

    assert "https://www.linkedin.com/in/bob-client" in said
    with pytest.raises(UserError, match="already"):
        reach.keep_page(house.household, other, "https://de.linkedin.com/in/bob-client")
    assert "linkedin" in run("brief", f"c{one}").output
    assert run("contacts", "page", f"c{one}", "linkedin.com/in/bob-client", "--drop").exit_code == 0


@pytest.mark.parametrize("url", ["bob", "javascript:alert(1)", "ftp://a.example/x", "https://a.example:x]/"])
def test_what_is_no_page_is_refused(url: str) -> None:
    with pytest.raises(UserError, match="no page"):
        reach.page_key(url)


async def test_a_shared_number_suggests_one_person(house: House, run: Run) -> None:
    await house.arrive(mail(1, sender=BOB, text=LETTER), mail(2, sender=BOB_AT_HOME, text=LETTER))
    await remember(house.household)

    (row,) = [json.loads(line) for line in run("contacts", "duplicates", "--json").output.splitlines()]

    assert row["because"] == ["the same number +41446681800"]
    assert {row["kept_id"], row["merged_id"]} == {
        contact_of(house, BOB_KEY),
        contact_of(house, "bob.home@mail.example"),
    }


@pytest.mark.parametrize(
    ("domain", "called"),
    [
        ("larch-ltd.example", "Larch Ltd"),
        ("xn--mller-kva.example", "Müller"),
        ("xn--pypl-53dc.example", "xn--pypl-53dc"),
    ],
    ids=["ASCII", "an umlaut", "look-alikes of Latin letters"],
)
def test_an_organisation_is_called_as_its_people_write_its_domain(house: House, domain: str, called: str) -> None:
    with house.household.database.write() as connection:
        found = contacts.found_organisation(connection, domain)
        name = connection.execute("SELECT name FROM organisations WHERE id = ?", (found,)).fetchone()[0]

    assert name == called
