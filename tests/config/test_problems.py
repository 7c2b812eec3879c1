"""Each kind of mistake, alone: where it is found, and the spelling that is proposed."""

from __future__ import annotations

import pytest

from tests.config.conftest import Problems, complete


def case(old: str, new: str, line: int, key: str, nearest: str | None = None) -> object:
    return pytest.param(complete(old, new), line, key, nearest, id=f"{key} {new[:40]}")


PASSWORD = "mailbox[1].password"
AWAY_REFRESH = "away_calendar[1].refresh"

MISTAKES = [
    case('name = "Ann Example"', "name = 7", 2, "owner.name"),
    case("[owner]", "retention = { robots = 0 }\n[owner]", 1, "retention.robots"),
    case("[owner]", 'retention = { lists = "6 months" }\n[owner]', 1, "retention.lists"),
    case("[owner]", "retention = { newsletters = 6 }\n[owner]", 1, "retention.newsletters"),
    case('name = "Ann Example"', 'name = " "', 2, "owner.name"),
    case('name = "Ann Example"', 'name = "Ann\\r\\nBcc: x@example.net"', 2, "owner.name"),
    case('"ann.example@example.com"', '"ann.example"', 3, "owner.addresses[2]"),
    case('"ann.example@example.com"', '"ann@nodots"', 3, "owner.addresses[2]"),
    case('"ann.example@example.com"', '"Ann <a@example.com>"', 3, "owner.addresses[2]", '"a@example.com"'),
    case('["ann@example.org", "ann.example@example.com"]', "[]", 3, "owner.addresses"),
    case('"ann@example.org", ', '"jörg@example.org", ', 3, "owner.addresses"),
    case('["ann@example.org", "ann.example@example.com"]', '"ann@example.org"', 3, "owner.addresses"),
    case('"Europe/Zurich"', '"zurich"', 4, "owner.timezone", '"Europe/Zurich"'),
    case('"Europe/Zurich"', '"Europe/Züric"', 4, "owner.timezone", '"Europe/Zurich"'),
    case('"Europe/Zurich"', '"new york"', 4, "owner.timezone", '"America/New_York"'),
    case('"Europe/Zurich"', '"../../etc/passwd"', 4, "owner.timezone"),
    case('"Europe/Zurich"', "2", 4, "owner.timezone"),
    case("timezone =", "time_zone =", 4, "owner.time_zone", '"timezone"'),
    case('language = "en"', 'language = "German"', 5, "owner.language", '"de"'),
    case('"+41 44 555 01 23"', '"call me"', 6, "owner.phone"),
    case('language = "en"', 'signature = "Ann\\u001b[31m"', 5, "owner.signature"),
    case('language = "en"', "signature = 3", 5, "owner.signature"),
    case('name = "main"', 'name = "main box"', 9, "mailbox[1].name"),
    case('name = "main"', 'name = "main"\nproxy = "http://127.0.0.1:8080"', 10, "mailbox[1].proxy"),
    case('name = "main"', 'name = "main"\nproxy = "socks5://ann:pw@127.0.0.1"', 10, "mailbox[1].proxy"),
    case('name = "main"', 'name = "main"\nproxy = "socks5://127.0.0.1:99999"', 10, "mailbox[1].proxy"),
    case("port = 993", 'port = "993"', 10, "mailbox[1].imap.port"),
    case("port = 993", "port = 0", 10, "mailbox[1].imap.port"),
    case("port = 993", "port = true", 10, "mailbox[1].imap.port"),
    case("port = 993", "prot = 993", 10, "mailbox[1].imap.prot", '"port"'),
    case('port = 993, security = "tls"', 'port = 993, security = "ssl"', 10, "mailbox[1].imap.security", '"tls"'),
    case('port = 993, security = "tls"', 'port = 143, security = "none"', 10, "mailbox[1].imap.security"),
    case('"imap.example.org"', '"imaps://imap.example.org"', 10, "mailbox[1].imap.host", '"imap.example.org"'),
    case('"imap.example.org"', '"imap.example.org", ca_file = "not-there.pem"', 10, "mailbox[1].imap.ca_file"),
    case('imap = { host = "imap.example.org", port = 993, security = "tls" }', "", 8, "mailbox[1].imap"),
    case('{ env = "ANN_PASSWORD" }', "{}", 13, "mailbox[1].password"),
    case('{ env = "ANN_PASSWORD" }', '{ env = "A", command = "b" }', 13, "mailbox[1].password"),
    case('{ env = "ANN_PASSWORD" }', '{ comand = "b" }', 13, "mailbox[1].password.comand", '"command"'),
    case('{ env = "ANN_PASSWORD" }', '{ keyring = "main" }', 13, "mailbox[1].password.keyring"),
    case('password = { env = "ANN_PASSWORD" }', 'auth = { oauth = "google" }', 13, "mailbox[1].auth.client_id"),
    case('password = { env = "ANN_PASSWORD" }', 'auth = { client_id = "x" }', 13, "mailbox[1].auth.oauth"),
    case('{ env = "ANN_PASSWORD" }', '{ env = "A" }\nauth = { oauth = "google", client_id = "x" }', 13, PASSWORD),
    case(
        'password = { env = "ANN_PASSWORD" }',
        'auth = { oauth = "gogle", client_id = "x" }',
        13,
        "mailbox[1].auth.oauth",
        '"google"',
    ),
    case(
        'password = { env = "ANN_PASSWORD" }',
        'auth = { oauth = "custom", client_id = "x", authorize_url = "https://id.example/a" }',
        13,
        "mailbox[1].auth.token_url",
    ),
    case(
        'password = { env = "ANN_PASSWORD" }',
        'auth = { oauth = "custom", client_id = "x", token_url = "https://id.example/t" }',
        13,
        "mailbox[1].auth.authorize_url",
    ),
    case(
        'password = { env = "ANN_PASSWORD" }',
        'auth = { oauth = "google", client_id = "x", token_url = "http://id.example/t" }',
        13,
        "mailbox[1].auth.token_url",
    ),
    case(
        'password = { env = "ANN_PASSWORD" }',
        'auth = { oauth = "google", client_id = "x", client_secret = "hunter2" }',
        13,
        "mailbox[1].auth.client_secret",
    ),
    case("null_sender = true", "null_sender = 'yes'", 17, "mailbox[1].null_sender"),
    case('"09:00-17:30"', '"17:30-09:00"', 20, "office.hours.tue[1]", '"09:00-17:30"'),
    case('"09:00-17:30"', '"09:00-09:00"', 20, "office.hours.tue[1]"),
    case('"09:00-17:30"', '"09:00-24:30"', 20, "office.hours.tue[1]"),
    case('"09:00-17:30"', '"24:00-24:00"', 20, "office.hours.tue[1]"),
    case('"09:00-17:30"', '"9-17"', 20, "office.hours.tue[1]"),
    case('"13:30-17:30"', '"12:00-17:30"', 20, "office.hours.mon"),
    case('"09:00-17:30"', '"18:00-24:00", "20:00-21:00"', 20, "office.hours.tue"),
    case("hours = { mon =", "hours = 7 # { mon =", 20, "office.hours"),
    case("tue =", "tuesday =", 20, "office.hours.tuesday", '"tue"'),
    case('"2026-12-28"', '"28.12.2026"', 21, "office.exceptions.28.12.2026"),
    case('"2026-12-28"', '"2026-02-29"', 21, "office.exceptions.2026-02-29"),
    case('"CH-ZH"', '"CH-Z"', 22, "office.holidays", '"CH-ZH"'),
    case('"CH-ZH"', '"QQ"', 22, "office.holidays", '"QA"'),
    case('holidays = "CH-ZH"', "", 23, "office.holidays_not_adopted"),
    case('"Labor Day"', '"Labour Day"', 23, "office.holidays_not_adopted[1]", '"Labor Day"'),
    case('"16:00"', '"4pm"', 24, "office.mail_hours[2]"),
    case('mode = "shadow"', 'mode = "automatic"', 27, "acknowledge.mode", '"auto"'),
    case('"when-slow"', '"when_slow"', 28, "acknowledge.policy", '"when-slow"'),
    case('grace = "10m"', "grace = 10", 29, "acknowledge.grace"),
    case('grace = "10m"', 'grace = "-10m"', 29, "acknowledge.grace"),
    case('grace = "10m"', 'grace = "25h"', 29, "acknowledge.grace"),
    case('[plans.standard]\ntarget = "8h"', '[plans.standard]\ntraget = "8h"', 35, "plans.standard.traget", '"target"'),
    case("[plans.gold]", '[plans."a b"]', 37, "plans.a b"),
    case("[safety]", '[[away_calendar]]\nname = "x"\n[safety]', 43, "away_calendar[1].path"),
    case("[safety]", '[[away_calendar]]\nname = "x"\nurl = "http://x.example/"\n[safety]', 45, "away_calendar[1].url"),
    case("[safety]", '[[away_calendar]]\nrefresh = "1s"\nname = "x"\npath = "x"\n[safety]', 44, AWAY_REFRESH),
    case('ceiling = "4h"', 'ceiling = "1h"', 40, "plans.gold.ceiling"),
    case('ceiling = "4h"', 'hours = { mon = ["9-5"] }', 40, "plans.gold.hours.mon[1]"),
    case('ceiling = "4h"', "hours = { monday = [] }", 40, "plans.gold.hours.monday", '"mon"'),
    case('ceiling = "4h"', 'hours = "always"', 40, "plans.gold.hours"),
    case('ceiling = "4h"', 'holidays = "CH-Z"', 40, "plans.gold.holidays", '"CH-ZH"'),
    case('ceiling = "4h"', "holidays = 1", 40, "plans.gold.holidays"),
    case('after_hours = "phone"', 'after_hours = "phon"', 41, "plans.gold.after_hours", '"phone"'),
    case('phone = "+41 44 555 01 23"\n', "", 40, "plans.gold.after_hours"),
    case('"@robots.example"', '"robots.example"', 48, "safety.robot_addresses[1]"),
    case('"forms@example.org Enquiry"', '"Enquiry forms"', 46, "safety.form_senders[1]"),
    case("answer_cc = false", "anser_cc = false", 50, "safety.anser_cc", '"answer_cc"'),
    case("[safety]", "[saftey]", 43, "saftey", '"safety"'),
]


@pytest.mark.parametrize(("text", "line", "key", "nearest"), MISTAKES)
def test_a_mistake_is_told_with_line_key_and_nearest_spelling(
    problems: Problems, text: str, line: int, key: str, nearest: str | None
) -> None:
    (problem,) = problems(text)

    assert (problem.line, problem.key, problem.nearest) == (line, key, nearest)


def test_a_password_written_into_the_file_is_not_repeated(problems: Problems) -> None:
    (problem,) = problems(complete('{ env = "ANN_PASSWORD" }', '"hunter2"'))

    assert "hunter2" not in str(problem)
    assert "never stands in this file" in str(problem)


def test_two_mailboxes_of_one_name_are_refused_where_the_second_stands(problems: Problems) -> None:
    mailbox = complete()[complete().index("[[mailbox]]") : complete().index("[office]")]

    (problem,) = problems(complete("[office]", mailbox.replace('"main"', '"Main"') + "[office]"))

    assert (problem.key, problem.line) == ("mailbox[2].name", 20)


def test_a_missing_server_is_spelled_out_for_a_provider_that_is_known(problems: Problems) -> None:
    text = complete('user = "ann@example.org"', 'user = "ann@gmail.com"')
    text = text.replace('imap = { host = "imap.example.org", port = 993, security = "tls" }\n', "")

    (problem,) = problems(text)

    assert '{ host = "imap.gmail.com", port = 993, security = "tls" }' in problem.allowed


def test_a_value_with_control_characters_cannot_reach_the_terminal(problems: Problems) -> None:
    (problem,) = problems(complete('mode = "shadow"', 'mode = "\\u001b[2J"'))

    assert "\x1b" not in str(problem)


@pytest.mark.parametrize("table", ["owner", "office", "acknowledge", "plans", "safety"])
def test_a_table_written_as_something_else_is_refused(problems: Problems, table: str) -> None:
    assert f"{table}" in {problem.key for problem in problems(f"{table} = 3\n")}


def test_one_mailbox_in_single_brackets_is_refused(problems: Problems) -> None:
    (problem,) = problems(complete("[[mailbox]]", "[mailbox]"))

    assert "[[...]]" in problem.allowed
