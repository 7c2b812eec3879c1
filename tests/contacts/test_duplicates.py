"""Who may be one person, and who only looks like somebody."""

from __future__ import annotations

import json

import pytest

from inboxcrm.domain.duplicates import LIKELY, Person, suggest
from inboxcrm.domain.lookalike import Known, cautions, imitates, skeleton
from inboxcrm.service import lookalike, merging
from inboxcrm.service.memory import remember
from tests.contacts.test_merging import contact_of
from tests.memory.conftest import Run
from tests.service.house import House, mail

ANNA = Person(1, "Anna Berger", ("anna.berger@larch.example",), ("+41445550101",), 7)


@pytest.mark.parametrize(
    ("other", "because"),
    [
        pytest.param(Person(2, "Berger, Anna", ("ab@home.example",)), "the same name", id="turned round"),
        pytest.param(Person(2, "Dr. Anna Bergér", ("ab@home.example",)), "the same name", id="title and accent"),
        pytest.param(Person(2, "anna.berger@web.example", ("anna.berger@web.example",)), "spell", id="address alone"),
        pytest.param(Person(2, "A. Berger", ("ab@larch.example",), (), 7), "abbreviates", id="initial, one company"),
        pytest.param(Person(2, "Anna Bergre", ("ab@larch.example",), (), 7), "almost", id="slip, one company"),
        pytest.param(Person(2, "Nan", ("nan@home.example",), ("+41445550101",)), "number", id="telephone"),
        pytest.param(Person(2, "", ("anna.berger+news@larch.example",)), "both addresses reach", id="tag"),
    ],
)
def test_a_likely_pair_is_suggested_with_its_reason(other: Person, because: str) -> None:
    (found,) = suggest([ANNA, other])

    assert (found.one, found.other) == (1, 2)
    assert found.score >= LIKELY
    assert because in " ".join(found.because)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(Person(2, "Anna", ("anna@home.example",)), id="a first name"),
        pytest.param(Person(2, "A. Berger", ("ab@home.example",)), id="an initial elsewhere"),
        pytest.param(Person(2, "Bernd Berger", ("bernd@larch.example",), (), 7), id="a relative at one company"),
        pytest.param(Person(2, "Anna Berger", ("info@larch.example",), (), 7), id="a role address"),
    ],
)
def test_an_unlikely_pair_is_not(other: Person) -> None:
    assert suggest([ANNA, other]) == []


def test_a_pair_that_was_told_apart_is_not_suggested_again() -> None:
    assert suggest([ANNA, Person(2, "Anna Berger", ("ab@home.example",))], {(1, 2)}) == []


def test_a_name_that_many_bear_tells_nobody_apart() -> None:
    crowd = [Person(number, "Anna Berger", (f"a{number}@h{number}.example",)) for number in range(40)]

    assert suggest(crowd) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param("bob@client.example", "bob@сlient.example", id="cyrillic c"),
        pytest.param("bob@client.example", "bob@c1ient.example", id="digit for letter"),
        pytest.param("bob@modern.example", "bob@modem.example", id="rn for m"),
        pytest.param("bob@muller.example", "bob@xn--mller-kva.example", id="accent in punycode"),
        pytest.param("bill@client.example", "biII@client.example".lower().replace("ii", "l1"), id="local part"),
    ],
)
def test_an_address_drawn_like_another_imitates_it(one: str, other: str) -> None:
    assert imitates(other, one)
    assert not imitates(one, one)


def test_skeletons_do_not_fold_what_the_eye_tells_apart() -> None:
    words = ("anna", "hanna", "anne", "client", "clients", "maria", "mario", "bob", "rob", "dan", "clan")

    assert len({skeleton(word) for word in words}) == len(words)


def test_a_name_in_foreign_letters_is_told_and_an_accent_is_not() -> None:
    known = (Known("jose@client.example", "Jose Lopez", 3, "Jose Lopez"),)

    assert [each.like for each in cautions("x@far.example", "Jоse Lopez", known)][:1] == [3]
    assert cautions("x@far.example", "José López", known) == ()


@pytest.mark.parametrize("name", ["Анна Иванова", "山田 Taro", "Łukasz Żak", "Παύλος", "O'Neill-Šimić"])
def test_honest_names_are_not_warned_of(name: str) -> None:
    assert cautions("x@far.example", name, ()) == ()


async def test_an_imitated_address_is_warned_of_everywhere_and_never_suggested(house: House, run: Run) -> None:
    await house.know()
    await house.arrive(mail(1, sender="Bob Client <bob@c1ient.example>", subject="New bank account"))
    await remember(house.household)
    stranger = contact_of(house, "bob@c1ient.example")

    assert "c1ient.example looks like client.example, the domain of Bob Client" in run("brief", f"c{stranger}").output
    row = house.messages()[-1].id
    assert "Look twice: c1ient.example looks like" in run("explain", str(row)).output
    assert json.loads(run("explain", str(row), "--json").output)["cautions"]
    assert run("contacts", "duplicates").output == "No two contacts look like one person.\n"


async def test_a_stranger_who_bears_a_known_name_is_suggested_until_told_apart(house: House, run: Run) -> None:
    await house.know()
    await house.arrive(mail(1, sender="Bob Client <bob@elsewhere.example>", subject="From home"))
    (row,) = [json.loads(line) for line in run("contacts", "duplicates", "--json").output.splitlines()]
    assert (row["kept"], row["because"]) == ("Bob Client", ["the same name"])

    assert run("contacts", "distinct", f"c{row['kept_id']}", f"c{row['merged_id']}").exit_code == 0

    with house.household.database.read() as connection:
        assert lookalike.pairs(connection) == []


async def test_lists_robots_and_blind_copies_are_never_compared(house: House) -> None:
    await house.arrive(
        mail(1, sender="Bob Client <bob@client.example>"),
        mail(2, sender="Bob Client <bob@list.example>", fields=["List-Id: <l.list.example>"]),
        mail(3, sender="Bob Client <bob@robot.example>", fields=["Auto-Submitted: auto-generated"]),
    )

    with house.household.database.read() as connection:
        assert lookalike.pairs(connection) == []


async def test_a_warning_follows_the_merge_of_whom_it_is_about(house: House) -> None:
    await house.know()
    await house.know("Bob Work <bob.work@office.example>")
    await house.arrive(mail(1, sender="Bob Client <bob@c1ient.example>"))
    await remember(house.household)
    merging.merge(
        house.household, contact_of(house, "bob.work@office.example"), contact_of(house, "bob@client.example")
    )

    with house.household.database.read() as connection:
        (caution,) = lookalike.cautions_of(connection, contact_of(house, "bob@c1ient.example"))[:1]

    assert caution.like == contact_of(house, "bob@client.example") == contact_of(house, "bob.work@office.example")


async def test_who_imitates_somebody_known_is_not_suggested_with_a_third_either(house: House) -> None:
    await house.know()
    await house.arrive(
        mail(1, sender="Bob Client <bob@c1ient.example>"), mail(2, sender="Bob Client <bob@home.example>")
    )
    await remember(house.household)

    with house.household.database.read() as connection:
        found = {(pair.kept.addresses, pair.merged.addresses) for pair in lookalike.pairs(connection)}

    assert found == {("bob@client.example", "bob@home.example")}
