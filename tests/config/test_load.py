"""Reading a whole file: what comes out, what is assumed, and how everything wrong is told at once."""

from __future__ import annotations

from datetime import date, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from inboxcrm.config import (
    Acknowledge,
    AckPolicy,
    Config,
    MailboxConfig,
    Mode,
    Office,
    Owner,
    PasswordSource,
    PlanConfig,
    Proxy,
    Safety,
    Security,
    Server,
)
from inboxcrm.configuration import ConfigRefusedError, check_passwords, load, password_problems
from inboxcrm.errors import ConfigError
from inboxcrm.passwords import PasswordError, Secret
from tests.config.conftest import SMALLEST, Problems, complete


def loaded(home: Path, text: str) -> Config:
    (home / "config.toml").write_text(text, encoding="utf-8")
    return load(home)


def test_the_owners_domain_beyond_ascii_is_one_that_a_mail_can_be_written_from(tmp_path: Path) -> None:
    config = loaded(tmp_path, complete('"ann@example.org", ', '"ann@bücher.example", "jörg@example.org", '))

    assert config.owner.addresses == ("ann@xn--bcher-kva.example", "jörg@example.org", "ann.example@example.com")


def test_an_owners_address_that_nothing_can_be_sent_from_is_refused_with_what_to_do(
    tmp_path: Path,
) -> None:
    with pytest.raises(
        ConfigRefusedError, match=r'found "jörg@example\.org" first; nothing can be sent from .*in ASCII'
    ):
        loaded(tmp_path, complete('"ann@example.org", ', '"jörg@example.org", '))


def test_every_key_of_a_complete_file_arrives(tmp_path: Path) -> None:
    config = loaded(tmp_path, complete())

    assert config == Config(
        home=tmp_path,
        owner=Owner(
            "Ann Example",
            ("ann@example.org", "ann.example@example.com"),
            ZoneInfo("Europe/Zurich"),
            "en",
            "+41 44 555 01 23",
        ),
        mailboxes=(
            MailboxConfig(
                name="main",
                imap=Server("imap.example.org", 993, Security.TLS),
                smtp=Server("smtp.example.org", 465, Security.TLS),
                user="ann@example.org",
                password=PasswordSource(env="ANN_PASSWORD"),
                trusted_authserv_ids=("mx.example.org",),
                border_hosts=("mx.example.org",),
                folders=("Clients",),
                null_sender=True,
            ),
        ),
        office=Office(
            hours={0: ((time(9), time(12, 30)), (time(13, 30), time(17, 30))), 1: ((time(9), time(17, 30)),)},
            exceptions={date(2026, 12, 24): ((time(9), time(12)),), date(2026, 12, 28): ()},
            holidays="CH-ZH",
            holidays_not_adopted=("Labor Day",),
            mail_hours=(time(9), time(16)),
        ),
        acknowledge=Acknowledge(),
        plans={
            "standard": PlanConfig("standard", timedelta(hours=8)),
            "gold": PlanConfig("gold", timedelta(hours=2), timedelta(minutes=30), timedelta(hours=4), "phone"),
        },
        safety=Safety(
            own_addresses=("old@example.net",),
            own_lists=("info.example.org",),
            form_senders=("forms@example.org Enquiry",),
            list_addresses=("all@example.org",),
            robot_addresses=("@robots.example",),
            arc_sealers=("lists.example.net",),
        ),
    )


def test_a_short_file_starts_in_shadow_with_eight_office_hours_on_five_days(tmp_path: Path) -> None:
    config = loaded(tmp_path, SMALLEST)

    assert (config.acknowledge.mode, config.acknowledge.policy) == (Mode.SHADOW, AckPolicy.WHEN_SLOW)
    assert sorted(config.office.hours) == [0, 1, 2, 3, 4]
    assert (
        sum(end.hour * 60 + end.minute - start.hour * 60 - start.minute for start, end in config.office.hours[0]) == 480
    )
    assert config.plans == {"standard": PlanConfig("standard", timedelta(hours=8))}
    assert config.owner.language == "en"


def test_a_signature_has_several_lines(tmp_path: Path) -> None:
    text = SMALLEST.replace('name = "Ann"', 'name = "Ann"\nsignature = """\nAnn Example  \n\n  Engineer\n"""')

    assert loaded(tmp_path, text).owner.signature == "Ann Example\n\n  Engineer"


@pytest.mark.parametrize(
    ("key", "security", "port"),
    [
        pytest.param("imap", "tls", 993, id="imap over tls"),
        pytest.param("imap", "starttls", 143, id="imap with starttls"),
        pytest.param("smtp", "tls", 465, id="submission over tls"),
        pytest.param("smtp", "starttls", 587, id="submission with starttls"),
    ],
)
def test_a_port_that_is_not_written_is_the_standard_one(tmp_path: Path, key: str, security: str, port: int) -> None:
    text = SMALLEST.replace(f'"{key}.example.org"', f'"{key}.example.org", security = "{security}"')

    mailbox = loaded(tmp_path, text).mailboxes[0]

    assert {"imap": mailbox.imap, "smtp": mailbox.smtp}[key].port == port


def test_a_provider_that_refuses_the_null_sender_is_known_unless_the_owner_says_otherwise(tmp_path: Path) -> None:
    gmail = SMALLEST.replace("smtp.example.org", "smtp.gmail.com")

    assert not loaded(tmp_path, gmail).mailboxes[0].null_sender
    assert loaded(tmp_path, gmail + "null_sender = true\n").mailboxes[0].null_sender


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_clear_text_is_allowed_on_loopback(tmp_path: Path, host: str) -> None:
    text = SMALLEST.replace('"imap.example.org"', f'"{host}", port = 1143, security = "none"')

    assert loaded(tmp_path, text).mailboxes[0].imap == Server(host, 1143, Security.NONE)


def test_hours_until_midnight_end_at_the_midnight_that_ends_the_day(tmp_path: Path) -> None:
    text = SMALLEST + '[office]\nhours = { sat = ["18:00-24:00", "9:00-12:00"] }\n'

    assert loaded(tmp_path, text).office.hours == {5: ((time(9), time(12)), (time(18), time(0)))}


def test_a_certificate_file_is_found_beside_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "own.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    text = SMALLEST.replace('"imap.example.org"', '"imap.example.org", ca_file = "own.pem"')

    assert loaded(tmp_path, text).mailboxes[0].imap.ca_file == tmp_path / "own.pem"


def test_a_proxy_is_for_every_mailbox_or_for_one(tmp_path: Path) -> None:
    everyones = loaded(tmp_path, 'proxy = "socks5://localhost"\n' + SMALLEST).mailboxes[0]
    own = loaded(
        tmp_path, SMALLEST.replace("[[mailbox]]\n", '[[mailbox]]\nproxy = "socks5h://[::1]:9050"\n')
    ).mailboxes[0]

    assert everyones.imap.proxy == everyones.smtp.proxy == Proxy("localhost", 1080)
    assert own.imap.proxy == own.smtp.proxy == Proxy("::1", 9050)


EVERYWHERE = """
[notify.webhook]
url = "https://ntfy.example.org/ann"{}
[watch]
ping = "https://watch.example.org/ann"{}
[[away_calendar]]
name = "team"
url = "https://calendar.example.org/ann.ics"{}
"""
SIGNED_IN = SMALLEST.replace('password = { env = "ANN_PASSWORD" }', 'auth = { oauth = "google", client_id = "id" }')


def ways_out(config: Config) -> list[Proxy | None]:
    mailbox, webhook = config.mailboxes[0], config.notify.webhook
    assert mailbox.auth is not None
    assert webhook is not None
    return [mailbox.imap.proxy, mailbox.smtp.proxy, mailbox.auth.proxy, webhook.proxy, config.watch.proxy,
            config.away_calendars[0].proxy]  # fmt: skip


def test_the_proxy_above_all_headings_is_for_all_that_leaves_the_machine(tmp_path: Path) -> None:
    config = loaded(tmp_path, 'proxy = "socks5://localhost"\n' + SIGNED_IN + EVERYWHERE.format("", "", ""))

    assert ways_out(config) == [Proxy("localhost", 1080)] * 6


def test_a_proxy_of_a_mailbox_is_for_its_sign_in_and_for_no_notice(tmp_path: Path) -> None:
    text = SIGNED_IN.replace("[[mailbox]]\n", '[[mailbox]]\nproxy = "socks5://localhost"\n')

    config = loaded(tmp_path, text + EVERYWHERE.format("", "", ""))

    assert ways_out(config) == [Proxy("localhost", 1080)] * 3 + [None] * 3


def test_each_may_have_its_own_or_none(tmp_path: Path) -> None:
    own = [f'\nproxy = "{each}"' for each in ("none", "socks5://localhost:1", "socks5://localhost:2")]

    config = loaded(tmp_path, 'proxy = "socks5://localhost"\n' + SIGNED_IN + EVERYWHERE.format(*own))

    assert ways_out(config)[3:] == [None, Proxy("localhost", 1), Proxy("localhost", 2)]


def test_a_mail_server_on_this_machine_is_behind_no_proxy_that_it_does_not_name(tmp_path: Path) -> None:
    text = SMALLEST.replace('"imap.example.org"', '"127.0.0.1"')

    below = loaded(tmp_path, 'proxy = "socks5://localhost"\n' + text).mailboxes[0]
    named = loaded(tmp_path, text.replace("[[mailbox]]\n", '[[mailbox]]\nproxy = "socks5://localhost"\n')).mailboxes[0]

    assert (below.imap.proxy, below.smtp.proxy) == (None, Proxy("localhost", 1080))
    assert named.imap.proxy == Proxy("localhost", 1080)


def test_a_proxy_may_be_for_one_server(tmp_path: Path) -> None:
    text = SMALLEST.replace('"imap.example.org"', '"imap.example.org", proxy = "socks5://localhost:9050"')

    mailbox = loaded(tmp_path, text).mailboxes[0]

    assert mailbox.imap.proxy == Proxy("localhost", 9050)
    assert mailbox.smtp.proxy is None


def test_a_proxy_may_want_a_login(tmp_path: Path) -> None:
    written = 'proxy = "socks5://ann%40b@localhost"\nproxy_password = { env = "PROXY" }\n'

    imap = loaded(tmp_path, SMALLEST.replace("[[mailbox]]\n", "[[mailbox]]\n" + written)).mailboxes[0].imap

    assert imap.proxy == Proxy("localhost", 1080, "ann@b", PasswordSource(env="PROXY"))


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ('proxy = "socks5://ann@localhost"\n', "proxy_password: missing"),
        ('proxy = "socks5://localhost"\nproxy_password = { env = "P" }\n', "found without a user"),
        ('proxy_password = { env = "P" }\n', "found without a user"),
        ('proxy = "socks5://ann@localhost"\nproxy_password = { env = "P", keyring = "a/b" }\n', "found 2 sources"),
    ],
    ids=["no password", "no user", "no proxy", "two"],
)
def test_a_login_to_a_proxy_is_whole(tmp_path: Path, written: str, said: str) -> None:
    with pytest.raises(ConfigRefusedError, match=said):
        loaded(tmp_path, written + SMALLEST)


def test_a_proxy_elsewhere_is_told_nothing_without_security(tmp_path: Path) -> None:
    text = SMALLEST.replace("[[mailbox]]\n", '[[mailbox]]\nproxy = "socks5://proxy.example.org"\n').replace(
        '"imap.example.org"', '"localhost", port = 143, security = "none"'
    )

    with pytest.raises(ConfigRefusedError, match="the proxy would see what is said"):
        loaded(tmp_path, text)


def test_a_file_saved_by_a_windows_editor_is_read(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b"\xef\xbb\xbf" + SMALLEST.replace("\n", "\r\n").encode())

    assert load(tmp_path).owner.name == "Ann"


def test_a_holiday_may_be_named_in_any_language_the_country_has(tmp_path: Path) -> None:
    text = complete('["Labor Day"]', '["Tag der Arbeit", "festa del lavoro", "Labor Day"]')

    assert len(loaded(tmp_path, text).office.holidays_not_adopted) == 3


def test_all_problems_are_told_at_once_in_the_order_of_the_file(tmp_path: Path, problems: Problems) -> None:
    text = complete('"Europe/Zurich"', '"Europe/Zürich"').replace('"10m"', '"soon"').replace("mon =", "mond =")

    found = problems(text)

    assert [(problem.line, problem.key) for problem in found] == [
        (4, "owner.timezone"),
        (20, "office.hours.mond"),
        (29, "acknowledge.grace"),
    ]
    with pytest.raises(ConfigRefusedError) as refused:
        load(tmp_path)
    assert str(refused.value).splitlines()[:2] == [
        f"{tmp_path / 'config.toml'} cannot be used: 3 problems",
        (
            '  config.toml:4: owner.timezone: found "Europe/Zürich"; must be a zone of the IANA database '
            'such as "Europe/Zurich". Did you mean "Europe/Zurich"?'
        ),
    ]


def test_a_home_without_configuration_says_what_to_type(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"inboxcrm --home \S+ init$"):
        load(tmp_path)


def test_a_text_that_is_not_toml_is_told_with_its_line(problems: Problems) -> None:
    (problem,) = problems('[owner]\nname = "Ann"\nlanguage = en\n')

    assert problem.line == 3
    assert problem.found.startswith("not TOML")


def test_a_key_written_twice_is_told_with_its_line(problems: Problems) -> None:
    (problem,) = problems('[owner]\nname = "Ann"\nname = "Bob"\n')

    assert problem.line == 3


def test_bytes_that_are_not_utf8_are_told_with_their_line(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_bytes(b'[owner]\nname = "Ren\xe9"\n')

    with pytest.raises(ConfigRefusedError, match=r"config.toml:2: a byte that is not UTF-8"):
        load(tmp_path)


def test_an_empty_file_names_everything_that_is_needed(problems: Problems) -> None:
    assert {problem.key for problem in problems("")} == {
        "owner.name",
        "owner.addresses",
        "owner.timezone",
        "mailbox",
    }


def test_a_password_that_cannot_be_had_is_told_like_any_problem(tmp_path: Path) -> None:
    def nothing(mailbox: MailboxConfig) -> Secret:
        raise PasswordError("the environment variable ANN_PASSWORD is not set")

    config = loaded(tmp_path, complete())

    (problem,) = password_problems(config, read=nothing)
    assert (problem.line, problem.key) == (13, "mailbox[1].password")
    with pytest.raises(ConfigRefusedError, match="ANN_PASSWORD is not set"):
        check_passwords(config, read=nothing)


def test_passwords_that_can_be_had_pass_the_check(tmp_path: Path) -> None:
    config = loaded(tmp_path, complete())

    check_passwords(config, read=lambda mailbox: Secret("anything"))
