"""What `[notify]` and `[watch]` may hold: how word reaches the owner, and who notices that none comes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from inboxcrm.config import Notify, Owner, PasswordSource, Proxy, Shown, Watch, Webhook, WebhookFormat
from inboxcrm.configuration import values
from inboxcrm.configuration.mailboxes import ca_file, password_source, read_proxy
from inboxcrm.configuration.table import Refused, Table, a_table
from inboxcrm.domain.address import base_key, identity

_FIELD_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}")
"""A field name of HTTP (RFC 9110 section 5.1)."""

_SET_BY_US = frozenset(("content-length", "content-type", "host", "transfer-encoding", "connection"))
_TEXT_OR_SOURCE = (
    'must be a text, or where a secret is kept: { env = "NAME" }, { command = "..." } or { keyring = "service/name" }'
)


def read_notify(table: Table, home: Path, owner: Owner, everyones: Proxy | None = None) -> Notify:
    """The section. Without it nobody is rung. `everyones` is the proxy of what names none."""
    standard = Notify()
    notify = Notify(
        command=table.read_list("command", values.text),
        webhook=_webhook(table.table("webhook"), home, everyones) if "webhook" in table.values else None,
        mail=table.read("mail", values.address, None),
        show=table.read("show", values.choice(Shown), standard.show),
        urgent_only=table.read("urgent_only", values.boolean, standard.urgent_only),
        quiet_hours=table.read("quiet_hours", values.span_of_day, None),
        urgent_in_quiet_hours=table.read("urgent_in_quiet_hours", values.count, standard.urgent_in_quiet_hours),
        per_hour=table.read("per_hour", values.count, standard.per_hour),
        per_day=table.read("per_day", values.count, standard.per_day),
    )
    watched = {base_key(identity(each)) for each in owner.addresses}
    if notify.mail is not None and base_key(identity(notify.mail)) in watched:
        table.problem("mail", f'found "{notify.mail}"', "must be another mailbox of yours than those that are watched")
    table.close()
    return notify


def _webhook(table: Table, home: Path, everyones: Proxy | None) -> Webhook:
    webhook = Webhook(
        url=table.require(
            "url", values.web_address, "", needs='the address to post to is needed, such as "https://ntfy.sh/topic"'
        ),
        format=table.read("format", values.choice(WebhookFormat), WebhookFormat.NTFY),
        headers=_headers(table.table("headers")),
        ca_file=ca_file(table, home),
        proxy=read_proxy(table, everyones),
    )
    table.close()
    return webhook


def read_watch(table: Table, everyones: Proxy | None = None) -> Watch:
    """The section. Without it no outside watch is told that all is well. `everyones` is the proxy of who names none."""
    watch = Watch(ping=table.read("ping", values.web_address, None), proxy=read_proxy(table, everyones))
    table.close()
    return watch


def _headers(table: Table) -> Mapping[str, str | PasswordSource]:
    headers: dict[str, str | PasswordSource] = {}
    for name, value in table.values.items():
        if not _FIELD_NAME.fullmatch(name) or name.lower() in _SET_BY_US:
            table.problem(name, "found as a header", "must be the name of a header that is not set by itself")
        headers[name] = _header(table, name, value)
    table.close()
    return headers


def _header(table: Table, name: str, value: object) -> str | PasswordSource:
    if isinstance(value, dict):
        return password_source(table, name, table.read(name, a_table, {}), _TEXT_OR_SOURCE)

    def text(written: object) -> str:
        try:
            return values.text(written)
        except Refused as refused:
            raise Refused(_TEXT_OR_SOURCE, found="something else") from refused

    return table.read(name, text, "")
