"""What a new owner is asked: each question with what its answer must be, and what it is taken to be unasked."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from inboxcrm import providers
from inboxcrm.config import OAuthProvider, PasswordSource, Security, Server
from inboxcrm.configuration import values
from inboxcrm.configuration.mailboxes import STANDARD_PORTS, keyring_entry
from inboxcrm.configuration.office import holiday_region
from inboxcrm.configuration.table import Refused
from inboxcrm.domain.hosts import is_loopback
from inboxcrm.errors import UserError

Given = Mapping[str, str]
"""What was answered so far, by question name; and what was found out meanwhile."""

PROPOSED = "proposed "
"""Before the name of a question: an answer that was found and not yet given."""

_SERVER = re.compile(r"(?:(\w+)://)?(\[[0-9a-fA-F:]+\]|[^:/\s]+)(?::(\d{1,5}))?/?")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True, slots=True)
class Question:
    """One thing a new owner is asked: `--NAME` on the command line, else `prompt`.

    `default` looks at the answers so far and may know one; None means that somebody must say. `check` raises Refused.
    An optional question is answered by its default unless a flag says otherwise. The answer to a private one is not
    repeated in a refusal: somebody may have typed the password itself. `matters` says whether the answers so far leave
    it open; else it is answered by nothing. `note` is what helps to answer it, from what is known so far.
    """

    name: str
    prompt: str
    help: str
    default: Callable[[Given], str | None]
    check: Callable[[str], object]
    optional: bool = False
    private: bool = False
    matters: Callable[[Given], bool] = lambda _given: True
    note: Callable[[Given], str | None] = lambda _given: None

    def refuse_unusable(self, answer: str) -> None:
        """UserError if the answer cannot be used, with what is allowed and the nearest spelling."""
        try:
            self.check(answer)
        except Refused as refused:
            hint = f" Did you mean {refused.nearest}?" if refused.nearest else ""
            found = "" if self.private else f' "{answer}"'
            raise UserError(f"--{self.name}{found}: {refused.allowed}.{hint}") from refused


def local_zone(environ: Mapping[str, str] = os.environ, localtime: Path = Path("/etc/localtime")) -> str | None:
    """The zone this machine is set to, by its IANA name; None where it does not say."""
    linked = str(localtime.resolve()).partition("zoneinfo/")[2] if localtime.is_symlink() else ""
    for name in (environ.get("TZ", "").lstrip(":"), linked):
        try:
            return values.zone(name).key
        except Refused:
            continue
    return None


def server(key: str, written: str) -> Server:
    """A server written `tls://imap.example.org:993`; scheme and port may be left out. Refused."""
    example = f'must be a server such as "tls://{key}.example.org" or "starttls://{key}.example.org:143"'
    match = _SERVER.fullmatch(written.strip())
    if match is None:
        raise Refused(example)
    security = values.choice(Security)(match[1] or "tls")
    host = values.host(match[2].strip("[]"))
    if security is Security.NONE and not is_loopback(host):
        raise Refused('must begin with "tls://" or "starttls://": without protection only on this machine itself')
    port = int(match[3]) if match[3] else STANDARD_PORTS.get((key, security))
    if port is None:
        raise Refused('must name the port after "none://"')
    return Server(host, values.port(port), security)


def password_source(written: str) -> PasswordSource:
    """Where a password is kept, written `env:NAME`, `command:pass show mail` or `keyring:inboxcrm/main`. Refused."""
    kind, colon, rest = written.partition(":")
    if not colon or not rest.strip():
        kind = ""
    match kind:
        case "env":
            return PasswordSource(env=_variable(rest))
        case "command":
            return PasswordSource(command=_command(rest))
        case "keyring":
            return PasswordSource(keyring=keyring_entry(rest))
        case _:
            raise Refused('must be "env:NAME", "command:pass show mail" or "keyring:inboxcrm/main"')


def _variable(written: str) -> str:
    """A name that a shell can export. Refused."""
    if _VARIABLE.fullmatch(written.strip()) is None:
        raise Refused('must be "env:" and the name of an environment variable, such as "env:MAIL_PASSWORD"')
    return written.strip()


def _command(written: str) -> str:
    """A command line whose quotes are closed. Refused."""
    try:
        shlex.split(written)
    except ValueError:
        raise Refused('must be "command:" and a command line in which each quote is closed') from None
    return values.text(written)


SIGN_IN = "oauth:"


def login(written: str) -> PasswordSource | OAuthProvider:
    """Where a password is kept, or `oauth:` with whose sign-in takes its place. Refused."""
    if not written.startswith(SIGN_IN):
        return password_source(written)
    found = values.choice(OAuthProvider)(written.removeprefix(SIGN_IN))
    if found is OAuthProvider.CUSTOM:
        raise Refused('must be "oauth:microsoft" or "oauth:google"; another is written into config.toml by hand')
    return found


def as_written(one: Server) -> str:
    """A server as `server` reads it."""
    return f"{one.security}://{one.host}:{one.port}"


def listed(written: str) -> tuple[str, ...]:
    """What stands between commas."""
    return tuple(each.strip() for each in written.split(",") if each.strip())


def _words(written: str) -> str:
    """Something that is typed as it stands: whoever is told of quotes types them too. Refused."""
    if not written.strip():
        raise Refused("must not be empty")
    return values.text(written)


def _each(check: Callable[[object], object]) -> Callable[[str], object]:
    def check_all(written: str) -> object:
        return [check(each) for each in listed(written)]

    return check_all


def _file_or_nothing(written: str) -> object:
    if written and not Path(written).expanduser().is_file():
        raise Refused("must be a file with certificates in PEM form")
    return written


def _proxy_or_nothing(written: str) -> object:
    return values.proxy(written) if written else None


def _logs_in_to_its_proxy(given: Given) -> bool:
    chosen = values.proxy(given["proxy"]) if given["proxy"] else None
    return chosen is not None and chosen.user is not None


def _region_or_nothing(written: str) -> object:
    return holiday_region(written) if written.strip() else None


def _always(default: str) -> Callable[[Given], str | None]:
    return lambda _given: default


def _nobody_knows(_given: Given) -> str | None:
    return None


def _provider(given: Given) -> providers.Provider | None:
    """By the address where that provider's own server was kept: two may share one."""
    imap, own = server("imap", given["imap"]), providers.for_address(given["address"])
    return own if own is not None and own.imap == imap else providers.for_host(imap.host, imap.port)


def _usual_login(given: Given) -> str:
    """A sign-in where the provider takes nothing else."""
    provider = _provider(given)
    if provider is not None and provider.needs_oauth and provider.oauth is not None:
        return f"{SIGN_IN}{provider.oauth}"
    return f"keyring:inboxcrm/{given['mailbox']}"


def _provider_says(given: Given) -> str | None:
    provider = _provider(given)
    return f"{provider.name}: {provider.login}." if provider else None


def _signs_in(given: Given) -> bool:
    return given["password"].startswith(SIGN_IN)


def _usual_secret(given: Given) -> str:
    return "keyring:inboxcrm/google-client" if given["password"] == f"{SIGN_IN}{OAuthProvider.GOOGLE}" else ""


def _usual_server(key: str) -> Callable[[Given], str | None]:
    """What was found or is the provider's own, else the name that most servers have."""

    def default(given: Given) -> str | None:
        if PROPOSED + key in given:
            return given[PROPOSED + key]
        provider = providers.for_address(given["address"])
        if provider is None:
            return f"tls://{key}.{given['address'].rpartition('@')[2]}"
        return as_written(provider.imap if key == "imap" else provider.smtp)

    return default


QUESTIONS: tuple[Question, ...] = (
    Question("name", "Your name", "as you sign your mail", _nobody_knows, _words),
    Question("address", "Your mail address", "the one you write from", _nobody_knows, values.written_from),
    Question(
        "also",
        "Other addresses of yours, with commas between",
        "mail to and from these is yours too",
        _always(""),
        _each(values.address),
    ),
    Question(
        "timezone",
        "Your time zone",
        "a zone of the IANA database such as Europe/Zurich",
        lambda _given: local_zone(),
        values.zone,
    ),
    Question("language", "Your language", "for senders whose language is not known", _always("en"), values.language),
    Question(
        "hours",
        "Your office hours, Monday to Friday",
        'intervals with commas between, such as "09:00-12:30, 13:30-18:00"',
        _always("09:00-12:30, 13:30-18:00"),
        _each(values.interval),
    ),
    Question(
        "holidays",
        "Public holidays of which country and region (such as CH-ZH; empty for none)",
        "days on which your office is closed",
        _always(""),
        _region_or_nothing,
    ),
    Question("mailbox", "A name for the mailbox", "a short name", _always("main"), values.mailbox_name, optional=True),
    Question(
        "imap",
        "The server you read mail from",
        "such as tls://imap.example.org",
        _usual_server("imap"),
        lambda written: server("imap", written),
    ),
    Question(
        "smtp",
        "The server you send mail through",
        "such as tls://smtp.example.org or starttls://smtp.example.org:587",
        _usual_server("smtp"),
        lambda written: server("smtp", written),
    ),
    Question(
        "ca-file",
        "A certificate authority of your own",
        "a file in PEM form, for a server whose certificate no public authority signed",
        _always(""),
        _file_or_nothing,
        optional=True,
    ),
    Question(
        "proxy",
        "A SOCKS proxy for all that leaves this machine",
        'such as "socks5://127.0.0.1:9050"; name servers are not asked which servers your address has then',
        _always(""),
        _proxy_or_nothing,
        optional=True,
        private=True,
    ),
    Question(
        "proxy-password",
        "Where the password for that proxy is kept",
        "env:NAME, command:... or keyring:service/name; for a proxy with a user",
        lambda _given: "keyring:inboxcrm/proxy",
        lambda written: password_source(written) if written else written,
        optional=True,
        private=True,
        matters=_logs_in_to_its_proxy,
    ),
    Question("user", "The name you log in with", "usually the address", lambda given: given["address"], _words),
    Question(
        "password",
        "Where the password is kept (env:NAME, command:pass show mail, keyring:service/name, or oauth:... to sign in)",
        "env:NAME, command:... or keyring:service/name; oauth:microsoft or oauth:google for a sign-in instead",
        _usual_login,
        login,
        private=True,
        note=_provider_says,
    ),
    Question(
        "client-id",
        "The client_id of the application you registered (docs/sign-in.md says how)",
        "that of your registered application, with oauth:...",
        _nobody_knows,
        values.path_part,
        matters=_signs_in,
    ),
    Question(
        "client-secret",
        "Where its client secret is kept",
        "env:NAME, command:... or keyring:service/name; Google gives one, Microsoft none",
        _usual_secret,
        lambda written: password_source(written) if written else written,
        optional=True,
        private=True,
        matters=_signs_in,
    ),
)
"""In the order in which they are asked; a default may rest on an earlier answer."""
