"""Archives on their way into a home: what is filed, what is left out, and going on after a stop."""

from __future__ import annotations

import io
import os
import random
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm.archives import mbox
from inboxcrm.archives.found import Leaving
from inboxcrm.errors import UserError
from inboxcrm.service import importing
from inboxcrm.service.importing import Import, Imported
from inboxcrm.store import imports, tombstones
from tests.service.house import MONDAY, House, mail, own

OLD = MONDAY - timedelta(days=400)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    (tmp_path / "home").mkdir()
    opened = House(tmp_path / "home")
    yield opened
    opened.close()


def letter(number: int = 1, **changes: str) -> bytes:
    return mail(number, at=OLD, **changes)


def laid(*raws: bytes) -> bytes:
    return b"".join(mbox.laid(raw, sender="bob@client.example", received_at=OLD) for raw in raws)


def labelled(raw: bytes, labels: str, *, thread: int = 17) -> bytes:
    return f"X-GM-THRID: {thread}\r\nX-Gmail-Labels: {labels}\r\n".encode() + raw


async def take_in(house: House, *paths: Path, leaving: frozenset[Leaving] = frozenset(Leaving)) -> Imported:
    return await Import(house.household, house.parser, leaving=leaving).run(paths)


async def test_nothing_is_owed_and_nothing_waits_for_what_was_imported(house: House, tmp_path: Path) -> None:
    (tmp_path / "old.mbox").write_bytes(laid(letter(1), letter(2), own(at=OLD)))

    told = await take_in(house, tmp_path / "old.mbox")

    assert (told.seen, told.new, told.known, told.quarantined) == (3, 3, 0, 0)
    assert told.read == told.octets == (tmp_path / "old.mbox").stat().st_size
    assert (house.promises(), house.outbox(), house.alarms()) == ([], [], [])
    assert [row.direction for row in house.messages()] == ["in", "in", "out"]
    assert {row.received_at for row in house.messages()} == {OLD}


async def test_a_takeout_files_what_was_sent_and_leaves_out_what_is_no_correspondence(
    house: House, tmp_path: Path
) -> None:
    alias = own(2, sender="Ann Elsewhere <ann@alias.example>", at=OLD)
    mails = [
        labelled(letter(1), "Inbox,Important,Opened"),
        labelled(alias, "=?UTF-8?Q?Messages_envoy=C3=A9s?="),
        labelled(letter(3), "Spam,Unread"),
        labelled(letter(4), "Papierkorb"),
        labelled(letter(5), "=?UTF-8?B?44OB44Oj44OD44OI?="),
        labelled(letter(6), "Drafts"),
        labelled(letter(7), "Clients,\r\n Clients/Larch\r\n"),
    ]
    with zipfile.ZipFile(tmp_path / "takeout-001.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("Takeout/archive_browser.html", "<html>")
        archive.writestr("Takeout/Mail/All mail Including Spam and Trash.mbox", laid(*mails))

    told = await take_in(house, tmp_path / "takeout-001.zip")
    asked = await take_in(house, tmp_path / "takeout-001.zip", leaving=frozenset((Leaving.CHAT, Leaving.DRAFT)))

    assert (told.seen, told.new, told.left_out, told.passed_over) == (7, 3, 4, 1)
    assert (asked.new, asked.known, asked.left_out) == (2, 3, 2)
    assert [row.direction for row in house.messages()] == ["in", "out", "in", "in", "in"]


async def test_what_a_takeout_brought_is_the_mail_that_imap_brings(house: House, tmp_path: Path) -> None:
    (tmp_path / "all.mbox").write_bytes(laid(labelled(letter(1), "Inbox")))
    await take_in(house, tmp_path / "all.mbox")

    taken = await house.arrive(letter(1), live=False)

    assert (taken.new, len(house.messages())) == (0, 1)


async def test_what_thunderbird_notes_is_no_part_of_a_mail_and_says_what_was_deleted(
    house: House, tmp_path: Path
) -> None:
    kept, deleted, foreign = letter(1), letter(2), letter(3)
    noted = b"X-Account-Key: account2\r\nX-UIDL: 17\r\nX-Mozilla-Status: %s\r\nX-Mozilla-Status2: 00000000\r\n"
    keys = b"X-Mozilla-Keys: $label1" + b" " * 60 + b"\r\n"
    mails = (noted % b"0011" + keys + kept, noted % b"0009" + keys + deleted, b"X-UIDL: 17\r\n" + foreign)
    (tmp_path / "Inbox").write_bytes(
        b"".join(b"From - Tue Mar  3 16:00:05 2026\n" + raw.replace(b"\r\n", b"\n") + b"\n" for raw in mails)
    )

    told = await take_in(house, tmp_path / "Inbox")
    again = await house.arrive(kept, deleted, live=False)

    assert (told.seen, told.new, told.left_out) == (3, 2, 1)
    assert again.new == 1
    assert house.ask("SELECT COUNT(*) FROM messages WHERE message_id = ?", "<letter.3@client.example>") == [(1,)]


@pytest.mark.parametrize("first", ["file", "imap"])
async def test_a_mail_with_other_line_ends_is_the_same_mail(house: House, tmp_path: Path, first: str) -> None:
    (tmp_path / "local.mbox").write_bytes(laid(letter(1).replace(b"\r\n", b"\n")))

    if first == "file":
        await take_in(house, tmp_path / "local.mbox")
        await house.arrive(letter(1), live=False)
    else:
        await house.arrive(letter(1), live=False)
        await take_in(house, tmp_path / "local.mbox")

    assert len(house.messages()) == 1


async def test_what_is_no_mail_stops_nothing_and_is_kept(house: House, tmp_path: Path) -> None:
    garbage = b"\0\1\2 not a mail at all\n"
    from_line = b"From a@b.example Tue Mar  3 16:00:05 2026\n"
    path = tmp_path / "torn.mbox"
    path.write_bytes(laid(letter(1)) + from_line + garbage + b"\n" + from_line + b"\n" + laid(letter(2)))

    told = await take_in(house, path)
    again = await take_in(house, path)

    assert (told.new, told.quarantined, again.new, again.quarantined) == (2, 2, 0, 2)
    broken = house.household.database.reading(imports.quarantined)
    assert [each.why for each in broken] == ["it does not begin with a header field", "it is empty"]
    kept = house.household.database.reading(lambda connection: list(imports.octets_of_broken(connection)))
    assert kept[0][1] == garbage


async def test_a_mail_that_cannot_be_filed_costs_no_other(
    house: House, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inboxcrm.service import file

    real = file.history

    def history(filing: file.Filing, verdict: object) -> int:
        row = real(filing, verdict)  # type: ignore[arg-type]  # passed on as it came
        if filing.message.subject == "poison":
            raise ValueError("surrogates not allowed")
        return row

    monkeypatch.setattr(file, "history", history)
    (tmp_path / "old.mbox").write_bytes(laid(letter(1), letter(2, subject="poison"), letter(3)))

    told = await take_in(house, tmp_path / "old.mbox")

    assert (told.new, told.quarantined) == (2, 1)
    assert [row.subject for row in house.messages()] == ["Question about the offer"] * 2


async def test_a_mail_that_an_archive_has_twice_is_filed_once(house: House, tmp_path: Path) -> None:
    twice = [letter(1), letter(2), letter(1), letter(1).replace(b"\r\n", b"\n")]
    (tmp_path / "old.mbox").write_bytes(laid(*twice))

    told = await take_in(house, tmp_path / "old.mbox")

    assert (told.seen, told.new, told.known) == (4, 2, 2)
    assert len(house.messages()) == 2


async def test_a_zip_file_that_breaks_off_gives_what_is_whole(house: House, tmp_path: Path) -> None:
    path = tmp_path / "takeout.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr("Takeout/Mail/a.mbox", laid(letter(1), letter(2)))
        archive.writestr("Takeout/Mail/b.mbox", laid(letter(3)))
    octets = bytearray(path.read_bytes())
    octets[octets.index(b"letter.2@") + 2] ^= 1
    path.write_bytes(octets)

    told = await take_in(house, path)

    assert told.quarantined == 1
    assert house.household.database.reading(imports.quarantined)[0].why.startswith(
        "the file cannot be read any further"
    )
    assert told.new >= 1


class StoppedError(BaseException):
    """Somebody pressed Ctrl-C."""


BATCH = 20


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", BATCH)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize("form", ["mbox", "zip", "tgz", "folder"])
async def test_an_import_goes_on_where_it_was_stopped(house: House, tmp_path: Path, form: str) -> None:
    mails = [letter(number) for number in range(BATCH * 3)]
    path = tmp_path / f"mails.{form}"
    if form == "mbox":
        path.write_bytes(laid(*mails))
    elif form == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("Mail/a.mbox", laid(*mails))
    elif form == "tgz":
        packed(path, {"Takeout/archive_browser.html": b"<html>", "Takeout/Mail/a.mbox": laid(*mails)})
    else:
        path.mkdir()
        for number, raw in enumerate(mails):
            (path / f"{number:04}.eml").write_bytes(raw)
    looks = []

    def stop(so_far: Imported) -> None:
        looks.append(so_far)
        if so_far.seen == 2 * BATCH:
            raise StoppedError

    with pytest.raises(StoppedError):
        await Import(house.household, house.parser, look=stop).run([path])
    told = await take_in(house, path)

    assert (told.seen, told.new, told.known) == (BATCH, BATCH, 0)
    assert told.resumed == looks[-1].read > 0
    assert len({row[0] for row in house.ask("SELECT fingerprint FROM messages")}) == len(mails)
    assert (await take_in(house, path)).known == len(mails)


@pytest.mark.usefixtures("small_batches")
async def test_what_was_not_wanted_before_the_stop_is_read_where_it_is_wanted_now(house: House, tmp_path: Path) -> None:
    labels = ("Spam", *["Inbox"] * (2 * BATCH))
    (tmp_path / "a.mbox").write_bytes(laid(*(labelled(letter(n), label) for n, label in enumerate(labels))))

    def stop(so_far: Imported) -> None:
        if so_far.seen == BATCH:
            raise StoppedError

    with pytest.raises(StoppedError):
        await Import(house.household, house.parser, look=stop).run([tmp_path / "a.mbox"])
    told = await take_in(house, tmp_path / "a.mbox", leaving=frozenset({Leaving.TRASH}))

    assert (told.resumed, told.new, told.left_out) == (0, len(labels) - BATCH + 1, 0)


def packed(path: Path, files: dict[str, bytes]) -> None:
    with tarfile.open(path, "w:gz") as archive:
        for name, octets in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(octets)
            archive.addfile(member, io.BytesIO(octets))


async def test_a_tgz_of_a_takeout_is_read_as_it_came(house: House, tmp_path: Path) -> None:
    twice = laid(labelled(letter(1), "Inbox"), labelled(letter(2), "Spam"))
    folder = tmp_path / "archives"
    folder.mkdir()
    packed(folder / "takeout-1.tgz", {"Takeout/Mail/a.mbox": twice, "Takeout/Mail/b.mbox": laid(letter(3))})
    packed(folder / "photos.tar.gz", {"Takeout/Photos/a.jpg": b"\xff\xd8"})

    told = await take_in(house, folder)
    again = await take_in(house, folder / "takeout-1.tgz")

    assert (told.new, told.left_out, told.passed_over) == (2, 1, 1)
    assert (again.new, again.known) == (0, 2)


@pytest.mark.parametrize("given", ["the file", "its folder"])
async def test_a_zip_whose_download_broke_off_is_refused_before_anything_is_filed(
    house: House, tmp_path: Path, given: str
) -> None:
    """Among other parts in a folder it was one more file passed over."""
    folder = tmp_path / "takeout"
    folder.mkdir()
    (folder / "takeout-001.mbox").write_bytes(laid(letter(1)))
    with zipfile.ZipFile(folder / "takeout-002.zip", "w") as archive:
        archive.writestr("Mail/a.mbox", laid(letter(2)))
    octets = (folder / "takeout-002.zip").read_bytes()
    (folder / "takeout-002.zip").write_bytes(octets[: len(octets) // 2])

    with pytest.raises(UserError, match=r"takeout-002\.zip is a zip file that is not whole"):
        await take_in(house, folder if given == "its folder" else folder / "takeout-002.zip")
    assert house.messages() == []


async def test_a_tgz_that_breaks_off_is_refused_before_anything_of_it_is_filed(house: House, tmp_path: Path) -> None:
    path = tmp_path / "takeout.tgz"
    packed(path, {"Takeout/Mail/a.mbox": random.Random(1).randbytes(200_000)})
    path.write_bytes(path.read_bytes()[:100_000])

    with pytest.raises(UserError, match="not whole"):
        await take_in(house, path)


@pytest.mark.usefixtures("small_batches")
async def test_mails_are_filed_together_as_they_are_filed_one_by_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mails = [letter(number % 30) for number in range(60)]
    mails += [own(number, at=OLD + timedelta(days=number)) for number in range(100, 130)]
    (tmp_path / "all.mbox").write_bytes(laid(*mails[::3], *mails[1::3], *mails[2::3]))
    rows = []
    for together in (True, False):
        if not together:
            monkeypatch.setattr(tombstones, "any_laid", lambda _: True)
        (tmp_path / f"home{together}").mkdir()
        house = House(tmp_path / f"home{together}")
        await take_in(house, tmp_path / "all.mbox")
        tables = ("messages", "contacts", "addresses", "matters", "matter_people", "citations", "thread_ids", "twins")
        rows.append({name: house.ask(f"SELECT * FROM {name} ORDER BY 1, 2") for name in tables})
        house.close()

    assert len(rows[0]["messages"]) == 60
    assert rows[0] == rows[1]


@pytest.mark.usefixtures("small_batches")
async def test_a_file_that_has_changed_is_read_from_its_beginning(house: House, tmp_path: Path) -> None:
    path = tmp_path / "old.mbox"
    path.write_bytes(laid(*(letter(number) for number in range(BATCH + 1))))

    def stop(so_far: Imported) -> None:
        if so_far.seen:
            raise StoppedError

    with pytest.raises(StoppedError):
        await Import(house.household, house.parser, look=stop).run([path])
    path.write_bytes(laid(letter(999)) + path.read_bytes())
    told = await take_in(house, path)

    assert (told.resumed, told.seen, told.new, told.known) == (0, BATCH + 2, 2, BATCH)


async def test_a_maildir_leaves_out_what_was_deleted_and_knows_its_folders(house: House, tmp_path: Path) -> None:
    root = tmp_path / "Maildir"
    files = {
        "cur/1.a:2,S": letter(1),
        "cur/2.a:2,ST": letter(2),
        "new/3.a": letter(3),
        ".Drafts/cur/4.a:2,D": own(4, at=OLD),
        ".Sent/cur/5.a:2,S": own(5, sender="Ann <ann@alias.example>", at=OLD),
    }
    for name, raw in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(raw)

    told = await take_in(house, root)

    assert (told.seen, told.new, told.left_out) == (5, 3, 2)
    assert sorted(row.direction for row in house.messages()) == ["in", "in", "out"]


@pytest.mark.parametrize(
    ("names", "outgoing"),
    [
        pytest.param(("cur/1.a:2,S", "Clients/cur/2.a:2,S", "Clients/Larch/new/3.a"), 0, id="folders in folders"),
        pytest.param(("cur/1.a:2,S", ".Clients/cur/2.a:2,S", ".Clients.Larch/new/3.a"), 0, id="folders beside it"),
        pytest.param((".Inbox/cur/1.a:2,S", ".Clients/cur/2.a:2,S", ".Sent/new/3.a"), 1, id="folders beside nothing"),
        pytest.param(("Inbox/cur/1.a:2,S", ".Inbox.directory/Larch/cur/2.a:2,S", "Sent/new/3.a"), 1, id="KMail"),
    ],
)
async def test_every_folder_of_a_maildir_is_read(
    house: House, tmp_path: Path, names: tuple[str, ...], outgoing: int
) -> None:
    root = tmp_path / "Maildir"
    beside = ("cur/.DS_Store", "tmp/4.a", "dovecot.index", ".cache/5.eml")
    raws = (letter(1), letter(2), own(3, sender="Ann <ann@alias.example>", at=OLD), *([letter(9)] * len(beside)))
    for name, raw in zip((*names, *(f"{names[0].split('cur')[0]}{each}" for each in beside)), raws, strict=True):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(raw)

    told = await take_in(house, root)

    assert (told.seen, told.new) == (3, 3)
    assert [row.direction for row in house.messages()].count("out") == outgoing


async def test_a_folder_that_a_person_named_new_hides_nothing(house: House, tmp_path: Path) -> None:
    """It looks like a Maildir. What lies beside and below it is mail all the same, and as old as it says itself."""
    for number, name in enumerate(("a.eml", "new/b.eml", "new/2024/c.eml", "old/d.eml"), 1):
        (tmp_path / "letters" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "letters" / name).write_bytes(letter(number))
    (tmp_path / "letters" / "old.mbox").write_bytes(laid(letter(5)))

    told = await take_in(house, tmp_path / "letters")

    assert (told.new, told.passed_over) == (5, 0)
    assert {row.received_at for row in house.messages()} == {OLD}


async def test_two_files_of_one_name_in_such_a_folder_are_two_mails(house: House, tmp_path: Path) -> None:
    for number, name in enumerate(("letters/new/a.eml", "letters/a.eml"), 1):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(letter(number))

    assert (await take_in(house, tmp_path / "letters")).new == 2


async def test_links_that_lead_back_are_followed_once(house: House, tmp_path: Path) -> None:
    """With two of them there was no end to it."""
    (tmp_path / "mails" / "below").mkdir(parents=True)
    (tmp_path / "mails" / "below" / "one.eml").write_bytes(letter(1))
    for name in ("mails/back", "mails/again", "mails/below/up"):
        (tmp_path / name).symlink_to(tmp_path / "mails")

    told = await take_in(house, tmp_path / "mails")

    assert (told.seen, told.new, told.passed_over) == (1, 1, 0)


@pytest.mark.skipif(sys.platform == "darwin", reason="its names are UTF-8")
async def test_names_that_are_not_utf_8_are_no_hindrance(house: House, tmp_path: Path) -> None:
    old = os.fsdecode(b"caf\xe9")
    for name, octets in {
        f"{old}.mbox": laid(letter(1)), f"{old}/{old}.eml": letter(2), f"M{old}/cur/{old}:2,S": letter(3),
        f"M{old}/cur/1{old}:2,S": b"",
    }.items():  # fmt: skip
        (tmp_path / "mails" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "mails" / name).write_bytes(octets)
    packed(tmp_path / "mails" / "a.tgz", {f"Mail/{old}.mbox": laid(letter(4))})

    told = await take_in(house, tmp_path / "mails")

    assert (told.new, told.quarantined) == (4, 1)
    (broken,) = house.household.database.reading(imports.quarantined)
    assert broken.why == r"1caf\udce9:2,S: it is empty"


async def test_an_emlx_is_the_mail_in_it(house: House, tmp_path: Path) -> None:
    raw = letter(1)
    (tmp_path / "1.emlx").write_bytes(b"%d\n" % len(raw) + raw + b"<?xml version='1.0'?><plist/>")

    await take_in(house, tmp_path / "1.emlx")

    assert house.ask("SELECT size FROM messages") == [(len(raw),)]


async def test_what_is_no_file_in_a_folder_is_passed_over(house: House, tmp_path: Path) -> None:
    (tmp_path / "mails").mkdir()
    (tmp_path / "mails" / "one.eml").write_bytes(mail(1))
    (tmp_path / "mails" / "nowhere").symlink_to(tmp_path / "gone")
    os.mkfifo(tmp_path / "mails" / "pipe")

    told = await Import(house.household, house.parser).run([tmp_path / "mails"])

    assert (told.new, told.passed_over) == (1, 2)


@pytest.mark.parametrize("name", ["nothing", "empty", "picture.png", "takeout.tgz"])
async def test_what_holds_no_mail_is_refused_before_anything_is_read(house: House, tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "picture.png").write_bytes(b"\x89PNG")
    (tmp_path / "takeout.tgz").write_bytes(b"\x1f\x8b")
    (tmp_path / "good.mbox").write_bytes(laid(letter(1)))

    with pytest.raises(UserError):
        await take_in(house, tmp_path / "good.mbox", tmp_path / name)

    assert house.messages() == []


async def test_old_mail_is_not_dated_after_it_was_read(house: House, tmp_path: Path) -> None:
    later = house.clock.now() + timedelta(days=3)
    (tmp_path / "old.mbox").write_bytes(mbox.laid(letter(1), sender="", received_at=later))

    await take_in(house, tmp_path / "old.mbox")

    assert [row.received_at for row in house.messages()] == [house.clock.now()]
