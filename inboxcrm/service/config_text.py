"""The first config.toml of a home, written to be read and edited by its owner."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import quote

from inboxcrm import providers
from inboxcrm.config import OAuth, PasswordSource, Proxy, Server


@dataclass(frozen=True, slots=True)
class Answers:
    """What a new owner was asked. `addresses[0]` is written from; `hours` are those of Monday to Friday.

    `holidays` is a region such as "CH-ZH", or None to adopt no public holidays. One of `password` and `auth` is there.
    """

    name: str
    addresses: tuple[str, ...]
    timezone: str
    language: str
    hours: tuple[str, ...]
    holidays: str | None
    mailbox: str
    imap: Server
    smtp: Server
    user: str
    password: PasswordSource | None = None
    auth: OAuth | None = None
    proxy: Proxy | None = None


def config_text(answers: Answers) -> str:
    """The file: every answer, and as comments what an owner is likely to want next."""
    return _TEXT.format(
        proxy=_proxy(answers.proxy),
        name=_text(answers.name),
        addresses=_texts(answers.addresses),
        timezone=_text(answers.timezone),
        language=_text(answers.language),
        mailbox=_text(answers.mailbox),
        imap=_server(answers.imap),
        smtp=_server(answers.smtp),
        user=_text(answers.user),
        login=_login(answers),
        trust=_trust(answers.imap),
        hours="\n".join(f"hours.{day} = {_texts(answers.hours)}" for day in ("mon", "tue", "wed", "thu", "fri")),
        holidays=_holidays(answers.holidays),
    )


_TEXT = """\
# The settings of this inboxcrm. Every key is explained in docs/configuration.md.
# After a change type `inboxcrm doctor`: it tells every mistake with its line.
{proxy}
[owner]
name = {name}
addresses = {addresses}  # the first is written from
timezone = {timezone}
language = {language}
# phone = "+41 44 555 01 23"  # told only to contacts whose plan says after_hours = "phone"

[[mailbox]]
name = {mailbox}
imap = {imap}
smtp = {smtp}
user = {user}
{login}
{trust}

[office]
# A day that is not written is closed.
{hours}
{holidays}
# exceptions = {{ "2026-12-24" = ["09:00-12:00"], "2026-12-28" = [] }}
# mail_hours = ["09:00", "16:00"]  # if you answer mail only then

[acknowledge]
# shadow: everything is decided and shown, nothing is sent.
# approve: each mail waits for your key. auto: it is sent.
mode = "shadow"
policy = "when-slow"  # never | when-slow | always | once-a-day
grace = "10m"  # time for you to answer first
grace_closed = "2m"  # the same outside office hours
normal_expectation = "8h"  # office hours; what answers sooner needs no acknowledgement
max_delay = "24h"  # a later acknowledgement is worse than none

[plans.standard]
target = "8h"  # office hours
"""


def _text(value: str) -> str:
    """A TOML basic string: what JSON writes is one, for text without control characters."""
    return json.dumps(value, ensure_ascii=False)


def _texts(values: tuple[str, ...]) -> str:
    return f"[{', '.join(_text(value) for value in values)}]"


def _server(server: Server) -> str:
    own = f", ca_file = {_text(str(server.ca_file))}" if server.ca_file else ""
    return f'{{ host = {_text(server.host)}, port = {server.port}, security = "{server.security}"{own} }}'


def _proxy(proxy: Proxy | None) -> str:
    """Two lines above all headings, where it is for all that leaves the machine; nothing where there is none."""
    if proxy is None:
        return ""
    user = f"{quote(proxy.user, safe='')}@" if proxy.user else ""
    host = f"[{proxy.host}]" if ":" in proxy.host else proxy.host
    text = f"\nproxy = {_text(f'socks5://{user}{host}:{proxy.port}')}  # for all that leaves this machine\n"
    return text if proxy.password is None else f"{text}proxy_password = {_source(proxy.password)}\n"


def _login(answers: Answers) -> str:
    """Where the password is kept, or whose sign-in takes its place."""
    if answers.password is not None:
        return f"password = {_source(answers.password)}  # where it is kept; never the password itself"
    assert answers.auth is not None
    auth = answers.auth
    secret = f", client_secret = {_source(auth.client_secret)}" if auth.client_secret else ""
    written = f'{{ oauth = "{auth.oauth}", client_id = {_text(auth.client_id)}{secret} }}'
    return f"auth = {written}  # sign in with: inboxcrm sign-in {answers.mailbox}"


def _source(source: PasswordSource) -> str:
    written = {"env": source.env, "command": source.command, "keyring": source.keyring}
    return next(f"{{ {key} = {_text(value)} }}" for key, value in written.items() if value is not None)


def _trust(imap: Server) -> str:
    """Whose word on a sender's identity counts; known for some providers, else for the owner to fill in."""
    provider = providers.for_host(imap.host, imap.port)
    if provider and provider.authserv_ids:
        return f"trusted_authserv_ids = {_texts(provider.authserv_ids)}\nborder_hosts = {_texts(provider.border_hosts)}"
    return (
        "# Which server's Authentication-Results to believe; without it every sender gets the shortest text.\n"
        '# trusted_authserv_ids = ["mx.example.org"]\n# border_hosts = ["mx.example.org"]'
    )


def _holidays(region: str | None) -> str:
    return f"holidays = {_text(region)}" if region else '# holidays = "CH-ZH"  # a country, or a country and region'
