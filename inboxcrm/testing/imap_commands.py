"""What each command but those on messages does: signing in, folders, waiting (RFC 3501 sections 6.1 to 6.3)."""

from __future__ import annotations

import base64
import re
from collections.abc import Awaitable, Callable

from inboxcrm.testing.imap_folders import Account, Folder
from inboxcrm.testing.imap_grammar import Command, GrammarError, Token, atom, format_set, parse_number, parse_set, words
from inboxcrm.testing.imap_names import decode_folder_name, encode_folder_name
from inboxcrm.testing.imap_search import has_flag
from inboxcrm.testing.imap_session import Session
from inboxcrm.testing.tokens import TOKEN_REFUSED, read_token

Handler = Callable[[Session, Command], Awaitable[str]]
SYSTEM_FLAGS = "\\Answered \\Flagged \\Deleted \\Seen \\Draft"


class RefusedError(Exception):
    """The command is understood and refused; the text begins with NO or BAD."""


def signed_in(session: Session) -> Account:
    """The account in use. RefusedError before login."""
    if session.account is None:
        raise RefusedError("BAD log in first")
    return session.account


def selected(session: Session) -> Folder:
    """The open folder. RefusedError when there is none."""
    if session.folder is None:
        raise RefusedError("BAD no mailbox selected")
    return session.folder


def named(session: Session, name: bytes, *, code: str = "NONEXISTENT") -> Folder:
    """An existing folder of the account. RefusedError with the response code when there is none."""
    folder = signed_in(session).find(decode_folder_name(name))
    if folder is None:
        raise RefusedError(f"NO [{code}] no such mailbox")
    return folder


def needs(session: Session, capability: str) -> None:
    """Refuse what this server does not offer."""
    if not session.host.has(capability):
        raise RefusedError(f"BAD no {capability} here")


def capability_list(session: Session) -> str:
    """What is offered at this moment; before TLS a server with STARTTLS takes no password."""
    offered = list(session.host.capabilities)
    if session.host.starttls is not None and not session.secure:
        offered = [name for name in offered if not name.startswith("AUTH=")] + ["STARTTLS", "LOGINDISABLED"]
    return " ".join(offered)


async def _capability(session: Session, _: Command) -> str:
    session.say(f"* CAPABILITY {capability_list(session)}")
    return "OK Capability completed."


async def _noop(_session: Session, _: Command) -> str:
    return "OK NOOP completed."


async def _id(session: Session, _: Command) -> str:
    session.say('* ID ("name" "inboxcrm test server")')
    return "OK ID completed."


async def _logout(session: Session, _: Command) -> str:
    session.leave()
    session.say("* BYE Logging out")
    return "OK Logout completed."


async def _login(session: Session, command: Command) -> str:
    return _sign_in(session, command.text(0), command.text(1))


async def _authenticate(session: Session, command: Command) -> str:
    mechanism = command.text(0).decode("ascii", "replace").upper()
    if not session.host.has(f"AUTH={mechanism}"):
        raise RefusedError("NO [CANNOT] mechanism not supported")
    response = command.text(1) if len(command.args) > 1 else await _asked(session, b"")
    if mechanism != "PLAIN":
        return await _sign_in_by_token(session, mechanism, response)
    try:
        _, user, password = base64.b64decode(response, validate=True).split(b"\0")
    except ValueError as error:
        raise RefusedError("BAD not a PLAIN response") from error
    return _sign_in(session, user, password)


async def _asked(session: Session, challenge: bytes) -> bytes:
    session.write(b"+ " + challenge + b"\r\n")
    await session.drain()
    return (await session.read_line()).strip()


async def _sign_in_by_token(session: Session, mechanism: str, response: bytes) -> str:
    user, token = read_token(mechanism, response)
    account = session.host.accounts.get(user)
    if account is not None and session.host.bearer is not None and session.host.bearer(user, token):
        session.account = account
        return f"OK [CAPABILITY {capability_list(session)}] Logged in"
    answer = await _asked(session, TOKEN_REFUSED[mechanism][0])
    if answer != TOKEN_REFUSED[mechanism][1]:
        raise RefusedError("BAD the explanation is to be acknowledged")
    raise RefusedError("NO [AUTHENTICATIONFAILED] Invalid credentials.")


def _sign_in(session: Session, user: bytes, password: bytes) -> str:
    if session.host.starttls is not None and not session.secure:
        raise RefusedError("NO [PRIVACYREQUIRED] STARTTLS first")
    account = session.host.accounts.get(user.decode("utf-8", "replace"))
    if account is None or account.password.encode() != password:
        raise RefusedError("NO [AUTHENTICATIONFAILED] Authentication failed.")
    session.account = account
    return f"OK [CAPABILITY {capability_list(session)}] Logged in"


async def _enable(session: Session, command: Command) -> str:
    signed_in(session)
    asked = {atom(token).upper() for token in command.args}
    enabled = []
    if b"QRESYNC" in asked and session.host.has("QRESYNC"):
        session.qresync = session.condstore = True
        enabled.append("QRESYNC")
    if b"CONDSTORE" in asked and session.host.has("CONDSTORE"):
        session.condstore = True
        enabled.append("CONDSTORE")
    session.say(" ".join(["* ENABLED", *enabled]))
    return "OK Enabled."


async def _namespace(session: Session, _: Command) -> str:
    signed_in(session)
    session.say('* NAMESPACE (("" "/")) NIL NIL')
    return "OK Namespace completed."


async def _list(session: Session, command: Command) -> str:
    account = signed_in(session)
    args = list(command.args)
    only_special = bool(args) and isinstance(args[0], list) and b"SPECIAL-USE" in words(args[0])
    if args and isinstance(args[0], list):
        args.pop(0)
    if len(args) < 2:
        raise GrammarError("missing argument")
    reference, pattern = atom(args[0]), args[1]
    patterns = [atom(item) for item in pattern] if isinstance(pattern, list) else [pattern]
    if patterns == [b""]:
        session.say(f'* {command.verb} (\\Noselect) "/" ""')
        return f"OK {command.verb.title()} completed."
    for folder in account:
        name = encode_folder_name(folder.name)
        special = folder.special_use if session.host.has("SPECIAL-USE") else None
        if (special or not only_special) and any(_matches(reference + item, name) for item in patterns):
            attributes = " ".join(filter(None, ["\\HasNoChildren", special]))
            quoted = name.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
            session.say(f'* {command.verb} ({attributes}) "/" '.encode() + b'"' + quoted + b'"')
    return f"OK {command.verb.title()} completed."


def _matches(pattern: bytes, name: bytes) -> bool:
    expression = re.escape(pattern).replace(rb"\*", b".*").replace(b"%", b"[^/]*")
    return re.fullmatch(expression, name, re.IGNORECASE if pattern.upper() == b"INBOX" else 0) is not None


async def _status(session: Session, command: Command) -> str:
    folder = named(session, command.text(0))
    values = {
        b"MESSAGES": len(folder.uids),
        b"RECENT": 0,
        b"UIDNEXT": folder.uid_next,
        b"UIDVALIDITY": folder.uid_validity,
        b"UNSEEN": sum(not has_flag(message, "\\Seen") for message in folder.messages),
    }
    if session.host.has("CONDSTORE"):
        values[b"HIGHESTMODSEQ"] = folder.highest_modseq
    asked = words(command.args[1] if len(command.args) > 1 else None)
    if not asked or not set(asked) <= set(values):
        raise GrammarError("unknown status item")
    items = " ".join(f"{item.decode()} {values[item]}" for item in asked)
    session.say(b'* STATUS "' + encode_folder_name(folder.name) + f'" ({items})'.encode())
    return "OK Status completed."


async def _create(session: Session, command: Command) -> str:
    name = decode_folder_name(command.text(0))
    if signed_in(session).find(name) is not None:
        raise RefusedError("NO [ALREADYEXISTS] mailbox exists")
    signed_in(session).folder(name)
    return "OK Create completed."


async def _delete(session: Session, command: Command) -> str:
    folder = named(session, command.text(0))
    if folder is session.folder:
        session.leave()
    signed_in(session).delete(folder.name)
    return "OK Delete completed."


async def _rename(session: Session, command: Command) -> str:
    folder = named(session, command.text(0))
    signed_in(session).rename(folder.name, decode_folder_name(command.text(1)))
    return "OK Rename completed."


async def _subscribe(session: Session, command: Command) -> str:
    named(session, command.text(0))
    return "OK Subscribe completed."


async def _select(session: Session, command: Command) -> str:
    session.leave()
    folder = named(session, command.text(0))
    options = command.args[1] if len(command.args) > 1 else []
    if not isinstance(options, list):
        raise GrammarError("select options are a list")
    resume = _resume_point(session, options)
    read_only = command.name == "EXAMINE"
    session.open(folder, read_only=read_only)
    _describe_folder(session, folder, read_only=read_only)
    if resume is not None and resume[0] == folder.uid_validity:
        _tell_since(session, folder, resume[1], resume[2])
    return f"OK [READ-{'ONLY' if read_only else 'WRITE'}] {command.verb.title()} completed."


def _resume_point(session: Session, options: list[Token]) -> tuple[int, int, list[tuple[int, int]] | None] | None:
    """(UIDVALIDITY, mod-sequence, known UIDs) of a QRESYNC parameter (RFC 7162 section 3.2.5)."""
    names = [option.upper() for option in options if isinstance(option, bytes)]
    for name in names:
        needs(session, name.decode("ascii", "replace"))
    session.condstore |= bool(names)
    if b"QRESYNC" not in names:
        return None
    values = next((option for option in options if isinstance(option, list)), [])
    if not session.qresync or len(values) < 2:
        raise RefusedError("BAD ENABLE QRESYNC first")
    known = parse_set(values[2], 2**32 - 1) if len(values) > 2 and isinstance(values[2], bytes) else None
    return parse_number(values[0]), parse_number(values[1]), known


def _describe_folder(session: Session, folder: Folder, *, read_only: bool) -> None:
    keywords = sorted({flag for message in folder.messages for flag in message.flags if not flag.startswith("\\")})
    flags = " ".join([SYSTEM_FLAGS, *keywords])
    session.say(f"* FLAGS ({flags})")
    permanent = "" if read_only else f"{flags} \\*"
    session.say(f"* OK [PERMANENTFLAGS ({permanent})] Flags permitted.")
    session.say(f"* {len(session.known)} EXISTS")
    session.say("* 0 RECENT")
    session.say(f"* OK [UIDVALIDITY {folder.uid_validity}] UIDs valid")
    session.say(f"* OK [UIDNEXT {folder.uid_next}] Predicted next UID")
    if session.host.has("OBJECTID"):
        session.say(f"* OK [MAILBOXID ({folder.object_id})] Ok")
    if session.host.has("CONDSTORE"):
        session.say(f"* OK [HIGHESTMODSEQ {folder.highest_modseq}] Highest")


def _tell_since(session: Session, folder: Folder, modseq: int, known: list[tuple[int, int]] | None) -> None:
    gone = folder.vanished_since(modseq)
    if known is not None:
        gone = [uid for uid in gone if any(low <= uid <= high for low, high in known)]
    if gone:
        session.say(f"* VANISHED (EARLIER) {format_set(gone)}")
    for message in folder.messages:
        if message.modseq > modseq:
            session.say(session.describe_flags(message))


async def _unselect(session: Session, command: Command) -> str:
    folder = selected(session)
    if command.name == "CLOSE" and not session.read_only:
        session.leave()
        folder.expunge([message.uid for message in folder.messages if has_flag(message, "\\Deleted")])
    session.leave()
    return f"OK {command.verb.title()} completed."


async def _idle(session: Session, _: Command) -> str:
    needs(session, "IDLE")
    signed_in(session)
    await session.idle_until_done()
    return "OK Idle completed."


async def _start_tls(session: Session, _: Command) -> str:
    if session.host.starttls is None or session.secure:
        raise RefusedError("BAD no STARTTLS here")
    return "OK Begin TLS negotiation now."


HANDLERS: dict[str, Handler] = {
    "AUTHENTICATE": _authenticate,
    "CAPABILITY": _capability,
    "CHECK": _noop,
    "CLOSE": _unselect,
    "CREATE": _create,
    "DELETE": _delete,
    "ENABLE": _enable,
    "EXAMINE": _select,
    "ID": _id,
    "IDLE": _idle,
    "LIST": _list,
    "LOGIN": _login,
    "LOGOUT": _logout,
    "LSUB": _list,
    "NAMESPACE": _namespace,
    "NOOP": _noop,
    "RENAME": _rename,
    "SELECT": _select,
    "STARTTLS": _start_tls,
    "STATUS": _status,
    "SUBSCRIBE": _subscribe,
    "UNSELECT": _unselect,
    "UNSUBSCRIBE": _subscribe,
}
