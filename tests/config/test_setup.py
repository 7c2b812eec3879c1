"""What `init` asks, and the home that comes of it."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from inboxcrm.config import Mode, OAuth, OAuthProvider, PasswordSource, Proxy, Security, Server
from inboxcrm.configuration import load
from inboxcrm.configuration.table import Refused
from inboxcrm.errors import UserError
from inboxcrm.service.questions import QUESTIONS, Question, local_zone, password_source, server
from inboxcrm.service.setup import answer, write_home
from tests.limits import files_end_at

FLAGS = {"name": "Ann Example", "address": "ann@example.org", "timezone": "Europe/Zurich"}
EVERY_FLAG = FLAGS | {
    "also": "ann.example@example.com, a@example.net",
    "language": "de",
    "hours": "08:00-12:00, 13:00-17:00",
    "holidays": "CH-ZH",
    "mailbox": "work",
    "imap": "starttls://mail.example.org",
    "smtp": "starttls://mail.example.org:2587",
    "ca-file": "",
    "user": "ann",
    "password": "command:pass show 'mail \"ann\"'",
}


def test_every_flag_reaches_the_configuration(tmp_path: Path) -> None:
    write_home(tmp_path / "home", answer(EVERY_FLAG, ask=None))

    config = load(tmp_path / "home")
    mailbox = config.mailboxes[0]
    assert config.owner.addresses == ("ann@example.org", "ann.example@example.com", "a@example.net")
    assert (config.owner.language, config.office.holidays, mailbox.name, mailbox.user) == ("de", "CH-ZH", "work", "ann")
    assert mailbox.imap == Server("mail.example.org", 143, Security.STARTTLS)
    assert mailbox.smtp == Server("mail.example.org", 2587, Security.STARTTLS)
    assert mailbox.password == PasswordSource(command="pass show 'mail \"ann\"'")
    assert {len(intervals) for intervals in config.office.hours.values()} == {2}
    assert config.acknowledge.mode is Mode.SHADOW


def test_a_proxy_is_for_everything_from_the_first_log_in(tmp_path: Path) -> None:
    proxy = {"proxy": "socks5://ann%40b@[::1]:9050", "proxy-password": "env:PROXY"}

    write_home(tmp_path / "home", answer(FLAGS | proxy, ask=None))

    mailbox = load(tmp_path / "home").mailboxes[0]
    assert mailbox.imap.proxy == mailbox.smtp.proxy == Proxy("::1", 9050, "ann@b", PasswordSource(env="PROXY"))


def test_three_flags_are_enough_where_nobody_is_asked(tmp_path: Path) -> None:
    write_home(tmp_path / "home", answer(FLAGS, ask=None))

    mailbox = load(tmp_path / "home").mailboxes[0]
    assert (mailbox.imap.host, mailbox.smtp.host) == ("imap.example.org", "smtp.example.org")
    assert mailbox.password == PasswordSource(keyring="inboxcrm/main")


def test_a_known_provider_brings_its_servers_and_its_word(tmp_path: Path) -> None:
    write_home(tmp_path / "home", answer(FLAGS | {"address": "ann@gmail.com"}, ask=None))

    mailbox = load(tmp_path / "home").mailboxes[0]
    assert (mailbox.imap.host, mailbox.trusted_authserv_ids) == ("imap.gmail.com", ("mx.google.com",))
    assert not mailbox.null_sender


def test_a_provider_without_passwords_is_signed_in_to(tmp_path: Path) -> None:
    flags = FLAGS | {"address": "ann@outlook.com", "client-id": "my-client"}
    write_home(tmp_path / "home", answer(flags, ask=None))

    mailbox = load(tmp_path / "home").mailboxes[0]
    assert mailbox.password is None
    assert mailbox.auth == OAuth(OAuthProvider.MICROSOFT, "my-client")


def test_gmail_may_be_signed_in_to_and_its_secret_is_kept_elsewhere(tmp_path: Path) -> None:
    flags = FLAGS | {"address": "ann@gmail.com", "password": "oauth:google", "client-id": "my-client"}
    write_home(tmp_path / "home", answer(flags, ask=None))

    secret = PasswordSource(keyring="inboxcrm/google-client")
    assert load(tmp_path / "home").mailboxes[0].auth == OAuth(OAuthProvider.GOOGLE, "my-client", secret)


def test_a_person_is_told_what_their_provider_wants_before_they_are_asked() -> None:
    told: list[str] = []
    asked: list[str] = []

    def ask(question: Question, default: str | None) -> str:
        asked.append(question.name)
        return {"name": "Ann", "address": "ann@outlook.com", "client-id": "my-client"}.get(question.name, "")

    found = answer({}, ask=ask, note=told.append)

    assert found.auth is not None
    [word] = told
    assert word.startswith("Outlook.com: It takes no passwords for IMAP: sign in")
    assert asked[-2:] == ["password", "client-id"]


@pytest.mark.parametrize("name", ['Ann "the pen" Example', "Ann\\n", "Ann {name} Éxample", "安 # ]"])
def test_any_name_survives_being_written(tmp_path: Path, name: str) -> None:
    write_home(tmp_path / "home", answer(FLAGS | {"name": name}, ask=None))

    assert load(tmp_path / "home").owner.name == name


def test_what_is_needed_and_not_given_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--address is needed"):
        answer({"name": "Ann"}, ask=None)


@pytest.mark.parametrize(
    ("flag", "value", "says"),
    [
        pytest.param("timezone", "zurich", 'Did you mean "Europe/Zurich"?', id="zone"),
        pytest.param("address", "ann", "must be a mail address", id="address"),
        pytest.param("also", "a@example.org, b", "must be a mail address", id="one of several addresses"),
        pytest.param("hours", "9 to 5", "must be hours", id="hours"),
        pytest.param("holidays", "CH-ZR", "Did you mean", id="region"),
        pytest.param("imap", "none://imap.example.org:143", "only on this machine", id="clear text"),
        pytest.param("imap", "ssl://imap.example.org", "Did you mean", id="scheme"),
        pytest.param("smtp", "two words", "must be a server", id="server"),
        pytest.param("smtp", "tls://smtp.example.org:99999", "port number", id="port"),
        pytest.param("smtp", "none://localhost", "must name the port", id="no port"),
        pytest.param("password", "hunter2", "must be", id="a password itself"),
        pytest.param("password", "env:", "must be", id="no variable"),
        pytest.param("password", "env:MY PW", 'such as "env:MAIL_PASSWORD"', id="a variable with a blank"),
        pytest.param("password", "command:cat '/x", "each quote is closed", id="a quote that is not closed"),
        pytest.param("name", " ", "must not be empty.", id="no name"),
        pytest.param("password", "oauth:gogle", 'Did you mean "google"?', id="sign-in"),
        pytest.param("password", "oauth:custom", "by hand", id="sign-in of one's own"),
        pytest.param("ca-file", "not-there.pem", "PEM", id="no certificate"),
        pytest.param("language", "Deutsch", 'Did you mean "de"?', id="language"),
    ],
)
def test_a_flag_that_cannot_be_used_is_told(flag: str, value: str, says: str) -> None:
    with pytest.raises(UserError) as refused:
        answer(EVERY_FLAG | {flag: value}, ask=None)

    assert str(refused.value).startswith(f"--{flag}")
    assert says in str(refused.value)


def test_a_password_typed_by_mistake_is_not_repeated() -> None:
    with pytest.raises(UserError) as refused:
        answer(EVERY_FLAG | {"password": "hunter2"}, ask=None)

    assert "hunter2" not in str(refused.value)


def test_a_person_is_asked_again_and_may_take_what_is_proposed() -> None:
    said = iter(["", "Ann", "ann@", "ann@example.org"])
    complaints: list[str] = []
    asked: list[str] = []

    def ask(question: Question, default: str | None) -> str:
        asked.append(question.name)
        return next(said, "")

    answers = answer({"timezone": "Europe/Zurich"}, ask=ask, complain=complaints.append)

    assert (answers.name, answers.addresses, answers.user) == ("Ann", ("ann@example.org",), "ann@example.org")
    assert asked[:4] == ["name", "name", "address", "address"]
    assert len(complaints) == 2
    assert "timezone" not in asked
    assert "ca-file" not in asked


def test_a_configuration_that_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("mine")

    with pytest.raises(UserError, match="left as it is"):
        write_home(tmp_path, answer(FLAGS, ask=None))

    assert (tmp_path / "config.toml").read_text() == "mine"


def test_answers_that_make_no_configuration_write_nothing(tmp_path: Path) -> None:
    answers = answer(FLAGS | {"hours": "09:00-12:00, 11:00-13:00"}, ask=None)

    with pytest.raises(UserError, match="overlap"):
        write_home(tmp_path / "home", answers)

    assert not (tmp_path / "home").exists()


def test_a_full_disk_leaves_no_half_configuration_behind(tmp_path: Path) -> None:
    with files_end_at(100), pytest.raises(UserError, match="cannot be written"):
        write_home(tmp_path / "home", answer(FLAGS, ask=None))

    assert load(write_home(tmp_path / "home", answer(FLAGS, ask=None)).parent).owner.name


def test_the_configuration_is_for_the_owner_alone(tmp_path: Path) -> None:
    file = write_home(tmp_path / "home", answer(FLAGS, ask=None))

    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_is_written_as_a_comment_may_be_uncommented(tmp_path: Path) -> None:
    file = write_home(tmp_path / "home", answer(FLAGS, ask=None))
    lines = file.read_text(encoding="utf-8").splitlines()

    settings = [line.removeprefix("# ") if line.startswith("# ") and " = " in line else line for line in lines]
    file.write_text("\n".join(settings), encoding="utf-8")

    config = load(tmp_path / "home")
    assert config.owner.phone
    assert config.office.mail_hours
    assert config.office.exceptions
    assert config.mailboxes[0].border_hosts


@pytest.mark.parametrize(
    ("environ", "link", "zone"),
    [
        pytest.param({"TZ": "Asia/Tokyo"}, "Europe/Zurich", "Asia/Tokyo", id="TZ first"),
        pytest.param({"TZ": ":Asia/Tokyo"}, None, "Asia/Tokyo", id="TZ with a colon"),
        pytest.param({"TZ": "CET-1CEST"}, "Europe/Zurich", "Europe/Zurich", id="TZ that names no zone"),
        pytest.param({}, None, None, id="nothing known"),
    ],
)
def test_the_machines_zone_is_found(
    tmp_path: Path, environ: dict[str, str], link: str | None, zone: str | None
) -> None:
    localtime = tmp_path / "localtime"
    if link:
        localtime.symlink_to(tmp_path / "zoneinfo" / link)

    assert local_zone(environ, localtime) == zone


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        pytest.param("imap.example.org", Server("imap.example.org", 993, Security.TLS), id="host alone"),
        pytest.param("starttls://imap.example.org", Server("imap.example.org", 143, Security.STARTTLS), id="starttls"),
        pytest.param("none://127.0.0.1:1143", Server("127.0.0.1", 1143, Security.NONE), id="loopback"),
        pytest.param("tls://[::1]:9993", Server("::1", 9993, Security.TLS), id="an IPv6 address"),
    ],
)
def test_a_server_is_written_like_an_address(written: str, expected: Server) -> None:
    assert server("imap", written) == expected


def test_a_source_without_its_kind_is_refused() -> None:
    with pytest.raises(Refused, match="env:NAME"):
        password_source("pass show mail")


def test_each_question_has_a_name_of_its_own() -> None:
    names = [question.name for question in QUESTIONS]

    assert len(names) == len(set(names))
