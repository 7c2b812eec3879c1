"""What a `[[mailbox]]` table may hold: two servers, a login, and where the password is kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from inboxcrm import providers
from inboxcrm.config import MailboxConfig, OAuth, OAuthProvider, PasswordSource, Proxy, Security, Server, TokenStore
from inboxcrm.configuration import values
from inboxcrm.configuration.table import Refused, Table, a_table
from inboxcrm.domain.hosts import is_loopback

STANDARD_PORTS = {
    ("imap", Security.TLS): 993,
    ("imap", Security.STARTTLS): 143,
    ("smtp", Security.TLS): 465,
    ("smtp", Security.STARTTLS): 587,
}
"""Where servers listen unless they say otherwise (RFC 8314 section 7.3, RFC 6409, RFC 3501)."""

_SOURCES = 'must be one of { env = "NAME" }, { command = "pass show mail" } or { keyring = "service/name" }'

NOWHERE = Server("localhost", 1, Security.NONE)


def read_mailbox(table: Table, home: Path, everyones: Proxy | None = None) -> MailboxConfig:
    """One `[[mailbox]]`; relative paths in it are relative to the home.

    Where it names no proxy it has `everyones`, but for a server on this machine itself.
    """
    proxy = read_proxy(table, everyones)
    own = proxy if "proxy" in table.values else None
    user = table.require("user", values.text, "", needs="the name to log in with is needed")
    imap = _server(table, "imap", home, user, proxy, own)
    smtp = _server(table, "smtp", home, user, proxy, own)
    provider = providers.for_host(smtp.host, smtp.port)
    auth = read_oauth(table.table("auth"), home, proxy) if "auth" in table.values else None
    if auth is not None and "password" in table.values:
        table.problem("password", "found beside auth", "must go: one of the two is used")
        table.read("password", lambda _written: None, None)
    mailbox = MailboxConfig(
        name=table.require("name", values.mailbox_name, "", needs='a short name such as "main" is needed'),
        imap=imap,
        smtp=smtp,
        user=user,
        password=None if "auth" in table.values else _password(table),
        trusted_authserv_ids=table.read_list("trusted_authserv_ids", values.authserv_id),
        border_hosts=table.read_list("border_hosts", values.host),
        folders=table.read_list("folders", values.text),
        null_sender=table.read("null_sender", values.boolean, not (provider and provider.refuses_null_sender)),
        auth=auth,
        smtputf8=table.read("smtputf8", values.boolean, False),
    )
    table.close()
    return mailbox


def read_proxy(table: Table, everyones: Proxy | None = None) -> Proxy | None:
    """The `proxy` of a table with its `proxy_password`; where it does not speak of one, that which everybody has."""
    proxy = table.read("proxy", values.proxy, None)
    nothing: Mapping[str, object] = {}
    written = table.read("proxy_password", a_table, nothing)
    if proxy is None or proxy.user is None:
        if written:
            table.problem("proxy_password", "found without a user", 'the proxy must be like "socks5://ann@127.0.0.1"')
        return proxy or (everyones if "proxy" not in table.values else None)
    if not written:
        table.problem("proxy_password", "missing", _SOURCES)
        return proxy
    return replace(proxy, password=password_source(table, "proxy_password", written, _SOURCES))


def _server(mailbox: Table, key: str, home: Path, user: str, proxy: Proxy | None, own: Proxy | None) -> Server:
    """`proxy` reaches what is elsewhere, `own` what is here."""
    if key not in mailbox.values:
        mailbox.problem(key, "missing", f"must be a table such as {_example_server(key, user)}")
    table = mailbox.table(key)
    if not table.values:
        return NOWHERE
    security = table.read(
        "security", values.choice(Security, other_names={"ssl": Security.TLS, "ssl/tls": Security.TLS}), Security.TLS
    )
    host = table.require("host", values.host, NOWHERE.host, needs="the server's name is needed")
    if security is Security.NONE and not is_loopback(host):
        table.problem("security", 'found "none"', 'must be "tls" or "starttls": "none" is for this machine itself only')
    standard = STANDARD_PORTS.get((key, security))
    if standard is None:
        port = table.require("port", values.port, NOWHERE.port, needs='with security "none" the port is needed')
    else:
        port = table.read("port", values.port, standard)
    proxy = read_proxy(table, own if is_loopback(host) else proxy)
    if proxy is not None and security is Security.NONE and not is_loopback(proxy.host):
        table.problem("security", 'found "none"', 'must be "tls" or "starttls": the proxy would see what is said')
    server = Server(host, port, security, ca_file(table, home), proxy)
    table.close()
    return server


def _example_server(key: str, user: str) -> str:
    """How this server would be written; the owner's own, where the address tells the provider."""
    provider = providers.for_address(user)
    known = (
        getattr(provider, key)
        if provider
        else Server(f"{key}.example.org", STANDARD_PORTS[key, Security.TLS], Security.TLS)
    )
    return f'{{ host = "{known.host}", port = {known.port}, security = "{known.security}" }}'


def ca_file(table: Table, home: Path) -> Path | None:
    """A certificate file; a relative path is relative to the home."""

    def convert(value: object) -> Path:
        path = home / Path(values.text(value)).expanduser()
        if not path.is_file():
            raise Refused(f"must be a file with certificates in PEM form; there is none at {path}")
        return path

    return table.read("ca_file", convert, None)


def _password(mailbox: Table) -> PasswordSource:
    nothing: Mapping[str, object] = {}
    written = mailbox.require("password", _where_kept, nothing, needs=_SOURCES)
    return password_source(mailbox, "password", written, _SOURCES)


def _where_kept(value: object) -> Mapping[str, object]:
    try:
        return a_table(value)
    except Refused as refused:
        # Somebody wrote the password itself: it must not be repeated on a screen or in a log.
        raise Refused(f"{_SOURCES}; a password itself never stands in this file", found="not a table") from refused


def password_source(holder: Table, key: str, written: Mapping[str, object], example: str) -> PasswordSource:
    """Exactly one of the three places a secret is read from, as the table under `key` names it."""
    table = Table(written, (*holder.place, key), holder.report)
    source = PasswordSource(
        env=table.read("env", values.text, None),
        command=table.read("command", values.text, None),
        keyring=table.read("keyring", keyring_entry, None),
    )
    known = {"env", "command", "keyring"} & table.values.keys()
    if len(known) > 1 or (not table.values and holder.values.get(key) == {}):
        holder.problem(key, f"found {len(known)} sources", example)
    table.close()
    return source


def read_oauth(table: Table, home: Path, mailboxes: Proxy | None = None) -> OAuth:
    """The `auth` of a mailbox: whose sign-in, by which registered client, through the mailbox's proxy or its own."""
    provider = table.require(
        "oauth", values.choice(OAuthProvider), OAuthProvider.CUSTOM, needs='"microsoft", "google" or "custom" is needed'
    )
    standard = OAuth(provider, "")
    auth = OAuth(
        oauth=provider,
        client_id=table.require("client_id", values.text, "", needs="that of an application you registered is needed"),
        client_secret=_client_secret(table),
        tenant=table.read("tenant", values.path_part, standard.tenant),
        authority=table.read("authority", values.web_address, standard.authority).rstrip("/"),
        authorize_url=table.read("authorize_url", values.web_address, None),
        token_url=table.read("token_url", values.web_address, None),
        device_url=table.read("device_url", values.web_address, None),
        scopes=table.read_list("scopes", values.path_part),
        tokens=table.read("tokens", values.choice(TokenStore), TokenStore.AUTO),
        ca_file=ca_file(table, home),
        proxy=read_proxy(table, mailboxes),
    )
    if table.values.get("oauth") == OAuthProvider.CUSTOM:
        if "token_url" not in table.values:
            table.problem("token_url", "missing", 'where tokens are given is needed with "custom"')
        if auth.authorize_url is None and auth.device_url is None:
            table.problem("authorize_url", "missing", "a page to sign in at is needed: authorize_url, or device_url")
    table.close()
    return auth


def _client_secret(table: Table) -> PasswordSource | None:
    nothing: Mapping[str, object] = {}
    written = table.read("client_secret", _where_kept, nothing)
    return password_source(table, "client_secret", written, _SOURCES) if written else None


def keyring_entry(value: object) -> str:
    entry = values.text(value)
    service, slash, name = entry.rpartition("/")
    if not (service and slash and name):
        raise Refused('must be a service and a name with a slash between, such as "inboxcrm/main"')
    return entry
