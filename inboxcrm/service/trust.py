"""Whose word about a sender is believed, is it the right one, and how does the gate differ from the shipped one?"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from datetime import datetime

from inboxcrm import providers
from inboxcrm.config import Config, MailboxConfig, Safety
from inboxcrm.domain.address import identity
from inboxcrm.domain.mime import parse
from inboxcrm.domain.reply_safety import Settings
from inboxcrm.domain.safety.own_mail import OwnMail, look_at
from inboxcrm.domain.safety.proposals import Proposal, propose
from inboxcrm.service.checks import Check, well

LOUDER = frozenset(("own_lists", "form_senders", "answer_cc"))
"""What lets the machine answer more than the shipped gate does; all else in [safety] makes it quieter or only says
whom it knows."""

ARRIVED = "mail to oneself arrived"
_WHAT = "who vouches for senders"


def senders(config: Config, mailbox: MailboxConfig, header_blocks: Sequence[bytes]) -> list[Check]:
    """Compare what recent mail bears with what is configured, and propose the lines to paste."""
    own = [identity(address) for address in (*config.owner.addresses, *config.safety.own_addresses)]
    found = propose([parse(block) for block in header_blocks], own_addresses=own)
    return [_vouching(mailbox, found), *_groups(config, mailbox, found)]


def _vouching(mailbox: MailboxConfig, found: Proposal) -> Check:
    said = f"{found.agreeing} of {found.looked_at} recent mails"
    if found.anonymous:
        provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
        if provider is not None and provider.writes_no_authserv_id:
            return well(mailbox, _WHAT, f"{said}: {provider.name} writes results without its name, and is believed")
        hint = "Microsoft 365 does so. They are believed only where imap.host is Microsoft's own."
        return well(mailbox, _WHAT, f"{said} bear results of a server that does not name itself", hint)
    if not found.authserv_ids:
        if mailbox.trusted_authserv_ids:
            names = ", ".join(mailbox.trusted_authserv_ids)
            return well(mailbox, _WHAT, f"{names} (recent mail is too little to tell)")
        hint = "Every acknowledgement stays minimal until config.toml has trusted_authserv_ids and border_hosts."
        told = (
            f"{found.looked_at} recent mails do not agree on any server"
            if found.looked_at
            else "no mail to tell by yet"
        )
        return well(mailbox, _WHAT, told, hint)
    trusted = tuple(one.lower() for one in mailbox.trusted_authserv_ids)
    borders = tuple(one.lower() for one in mailbox.border_hosts or mailbox.trusted_authserv_ids)
    if set(found.authserv_ids) <= set(trusted) and all(_covered(host, borders) for host in found.border_hosts):
        return well(mailbox, _WHAT, f"{', '.join(found.authserv_ids)}, as in {said}")
    was = "nobody is believed yet" if not trusted else f"config.toml believes {', '.join(trusted)}"
    lines = [
        f"If these are your own servers, write under [[mailbox]] {mailbox.name}:",
        f"trusted_authserv_ids = {_texts(found.authserv_ids)}",
    ]
    if found.border_hosts:
        lines.append(f"border_hosts = {_texts(found.border_hosts)}")
    lines += [f"For example: {example}" for example in found.examples]
    detail = f"{said} bear results of {', '.join(found.authserv_ids)}; {was}"
    return well(mailbox, _WHAT, detail, "\n".join(lines))


def _covered(host: str, borders: Sequence[str]) -> bool:
    return any(host == border or host.endswith("." + border.lstrip("*.")) for border in borders)


def _groups(config: Config, mailbox: MailboxConfig, found: Proposal) -> list[Check]:
    known = {name.casefold().replace("@", ".") for name in config.safety.own_lists}
    new = tuple(name for name in found.own_lists if name.replace("@", ".") not in known)
    if not new:
        return []
    hint = (
        "If they are groups of your own, such as info@, whose mail is meant for you, write under [safety]: "
        f"own_lists = {_texts((*config.safety.own_lists, *new))}"
    )
    return [well(mailbox, "own groups", f"mail of several senders comes through {', '.join(new)}", hint)]


def differences(config: Config) -> Check:
    """What [safety] changes, each with the direction it turns the gate to; what makes it louder stands first."""
    shipped, changed = Safety(), []
    for field in sorted(dataclasses.fields(Safety), key=lambda field: field.name not in LOUDER):
        value = getattr(config.safety, field.name)
        if value != getattr(shipped, field.name):
            louder = ", which lets more be answered" if field.name in LOUDER else ""
            changed.append(f"{field.name} = {_toml(value)}{louder}")
    return Check("safety", ok=True, detail="; ".join(changed) or "the gate is as shipped")


def mail_came(config: Config, mailbox: MailboxConfig, block: bytes | None, *, now: datetime) -> Check:
    """What became of the mail to oneself; None where it did not come in time."""
    if block is None:
        hint = "Look for it in your mail program, also among the spam; then type: inboxcrm doctor --send"
        return well(mailbox, ARRIVED, "not within a minute", hint)
    provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
    settings = Settings(
        own_addresses=config.owner.addresses,
        trusted_authserv_ids=mailbox.trusted_authserv_ids,
        border_hosts=mailbox.border_hosts,
        provider_writes_no_authserv_id=provider is not None and provider.writes_no_authserv_id,
    )
    seen = look_at(parse(block), settings, now=now)
    proof, advice = _proof(seen)
    envelope, more = _envelope(mailbox, seen)
    hint = "\n".join(filter(None, (advice, more)))
    return Check(f"{mailbox.name}: {ARRIVED}", ok=not seen.refuted, detail=f"{proof}; {envelope}", hint=hint)


def _proof(seen: OwnMail) -> tuple[str, str]:
    if seen.proved:
        return f"proved to be yours ({seen.saw})", ""
    dkim = (
        "Have your provider sign with DKIM for the domain of your address: acknowledgements have no sender in the "
        "envelope, so SPF cannot prove them."
    )
    if seen.refuted:
        return f"taken for forged by your own server ({seen.saw})", dkim
    if seen.signed_for:
        said = seen.saw or "your server wrote no result that is believed, as many do for mail of their own"
        return f"signed with DKIM for {seen.signed_for}, checked by nobody ({said})", ""
    return f"nothing proves it to be yours ({seen.saw or 'no DKIM signature, no result that is believed'})", dkim


def _envelope(mailbox: MailboxConfig, seen: OwnMail) -> tuple[str, str]:
    if not mailbox.null_sender:
        return "sent with your address in the envelope", ""
    if seen.reverse_path is None:
        return "the envelope sender is not shown", ""
    if seen.reverse_path.partition("@")[0] in {"", "mailer-daemon"}:
        return "the null sender was kept", ""
    hint = f"It puts an address in the place of none: write null_sender = false under [[mailbox]] {mailbox.name}"
    return f"the null sender became {seen.reverse_path}", hint


def _texts(values: Sequence[str]) -> str:
    return "[" + ", ".join(f'"{_plain(value)}"' for value in values) + "]"


def _plain(value: str) -> str:
    """A name out of a header, fit for a line to paste."""
    return "".join(char for char in value if char.isalnum() or char in ".-_@+ ")


def _toml(value: object) -> str:
    if isinstance(value, tuple):
        return "[" + ", ".join(f'"{each}"' for each in value) + "]"
    return str(value).lower()
