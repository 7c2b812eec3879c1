"""Mail on its way out of a home: which of it, and that it is the same mail afterwards."""

from __future__ import annotations

import asyncio
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.archives.find import find
from inboxcrm.archives.found import Found, Unreadable
from inboxcrm.archives.writing import Layout
from inboxcrm.errors import UserError
from inboxcrm.service import meant
from inboxcrm.service.exporting import Exported, export
from inboxcrm.service.importing import Import
from inboxcrm.store import messages, selection
from inboxcrm.store.selection import Selection
from inboxcrm.testing.clock import FakeClock
from tests.archives.test_mbox import UGLY
from tests.limits import files_end_at
from tests.service.house import MONDAY, House, mail, own

EVERYTHING = Selection()


def unseen(_done: int, _whole: int) -> None:
    """Nobody looks."""


def write(house: House, path: Path, wanted: Selection = EVERYTHING, layout: Layout = Layout.MBOX) -> Exported:
    return export(house.household, wanted, path, layout, look=unseen)


def raws(house: House) -> list[bytes]:
    with house.household.database.read() as connection:
        ids = [row[0] for row in connection.execute("SELECT id FROM messages")]
        return sorted(raw for each in ids if (raw := messages.raw(connection, each)) is not None)


@given(
    st.lists(
        UGLY.filter(lambda raw: raw.strip()), min_size=1, max_size=5, unique_by=lambda raw: raw.replace(b"\r", b"")
    )
)
@settings(max_examples=5)
def test_what_leaves_one_home_is_what_enters_the_next(ugly: list[bytes]) -> None:
    """A file without any octet but blanks is no mail; two that differ only in line ends are one."""
    with tempfile.TemporaryDirectory() as folder:
        first = _home(Path(folder) / "first")
        asyncio.run(first.arrive(*ugly, live=False))
        for layout in Layout:
            write(first, Path(folder) / layout.value, layout=layout)
            (source,) = find([Path(folder) / layout.value]).sources
            assert sorted(octets_of(each) for each in source.read(0)) == sorted(ugly)
        second = _home(Path(folder) / "second")
        told = asyncio.run(Import(second.household, second.parser).run([Path(folder) / "mbox"]))
        assert (told.new, told.quarantined) == (len(ugly), 0)
        assert raws(second) == raws(first) == sorted(ugly)
        first.close()
        second.close()


def octets_of(found: Found | Unreadable) -> bytes:
    assert isinstance(found, Found)
    return found.raw if isinstance(found.raw, bytes) else b"".join(found.raw.pieces())


def _home(folder: Path) -> House:
    folder.mkdir()
    return House(folder)


@pytest.fixture
async def full(tmp_path: Path) -> House:
    """Two clients of one organisation and a third elsewhere; one letter of the owner's to two of them."""
    (tmp_path / "home").mkdir()
    day = timedelta(days=1)
    house = House(tmp_path / "home", FakeClock(MONDAY + 3 * day))
    await house.arrive(mail(1, text="about the roof\n"), received_at=MONDAY, live=False)
    await house.arrive(
        mail(2, sender="Cy Client <cy@client.example>", subject="Cellar", text="about the cellar\n"),
        received_at=MONDAY + day,
        live=False,
    )
    await house.arrive(
        mail(3, sender="Dee Elsewhere <dee@other.example>", subject="Roof tiles", text="tiles for the roof\n"),
        folder="Projects",
        received_at=MONDAY + 2 * day,
        live=False,
    )
    both = own(4, to="Bob Client <bob@client.example>, Dee Elsewhere <dee@other.example>", subject="Both of you")
    await house.arrive(both, folder="Sent", received_at=MONDAY + 3 * day, live=False, flags=["\\Seen"])
    return house


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        pytest.param({}, [1, 2, 3, 4], id="everything"),
        pytest.param({"contact": "bob@client.example"}, [1, 4], id="contact, also as one of several"),
        pytest.param({"contact": "dee@other.example"}, [3, 4], id="second recipient"),
        pytest.param({"organisation": "client.example"}, [1, 2, 4], id="organisation"),
        pytest.param({"matter": 2}, [2], id="matter"),
        pytest.param({"since": 1, "until": 3}, [2, 3], id="period"),
        pytest.param({"folder": "Projects"}, [3], id="folder"),
        pytest.param({"words": "roof"}, [1, 3], id="search"),
        pytest.param({"words": "roof", "folder": "INBOX"}, [1], id="two conditions"),
        pytest.param({"words": " "}, [], id="no word at all"),
    ],
)
def test_only_what_is_meant_is_taken(full: House, wanted: dict[str, object], found: list[int]) -> None:
    assert _rows(full, wanted) == found


def _rows(house: House, wanted: dict[str, object]) -> list[int]:
    def when(name: str) -> datetime | None:
        return MONDAY + timedelta(days=int(str(wanted[name]))) if name in wanted else None

    with house.household.database.read() as connection:
        who, organisation = wanted.get("contact"), wanted.get("organisation")
        chosen = Selection(
            contact_id=None if who is None else meant.contact_of(connection, str(who)).id,
            organisation_id=None if organisation is None else meant.organisation_of(connection, str(organisation)).id,
            matter_id=None if "matter" not in wanted else house.messages()[1].matter_id,
            since=when("since"),
            until=when("until"),
            folder=None if "folder" not in wanted else str(wanted["folder"]),
            words=None if "words" not in wanted else str(wanted["words"]),
        )
        return selection.ids(connection, chosen)


def test_nothing_is_written_over(full: House, tmp_path: Path) -> None:
    (tmp_path / "out.mbox").write_text("mine")

    with pytest.raises(UserError, match="is there already"):
        write(full, tmp_path / "out.mbox")

    assert (tmp_path / "out.mbox").read_text() == "mine"


@pytest.mark.parametrize("octets", [2_000, 150_000], ids=["at the end", "in the middle"])
@pytest.mark.parametrize("layout", [Layout.MBOX, Layout.EML])
async def test_a_disk_that_fills_up_is_told_and_nothing_half_is_kept(
    tmp_path: Path, layout: Layout, octets: int
) -> None:
    house = _home(tmp_path / "home")
    await house.arrive(mail(1, text="x" * octets * 2))

    with files_end_at(octets), pytest.raises(UserError, match=r"cannot be written: File too large\. Nothing of it was"):
        write(house, tmp_path / "out", layout=layout)

    assert not [*tmp_path.glob("out*")]


@pytest.mark.parametrize("layout", list(Layout))
def test_an_archive_appears_when_it_is_whole(full: House, tmp_path: Path, layout: Layout) -> None:
    path = tmp_path / "out"

    def die(_done: int, _whole: int) -> None:
        assert not path.exists()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        export(full.household, EVERYTHING, path, layout, look=die)

    assert sorted(each.name for each in tmp_path.iterdir()) == ["home"]


def test_the_archive_is_for_the_owner_alone_and_keeps_times_and_flags(full: House, tmp_path: Path) -> None:
    write(full, tmp_path / "out.mbox")
    write(full, tmp_path / "Maildir", layout=Layout.MAILDIR)

    assert (tmp_path / "out.mbox").stat().st_mode & 0o077 == 0
    sent = next((tmp_path / "Maildir" / "cur").glob("*.4.inboxcrm:2,S"))
    assert datetime.fromtimestamp(sent.stat().st_mtime, UTC) == MONDAY + timedelta(days=3)
    assert sent.stat().st_mode & 0o077 == 0
