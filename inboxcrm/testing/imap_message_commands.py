"""What each command on messages does: FETCH, STORE, SEARCH, APPEND, COPY, MOVE, EXPUNGE (RFC 3501 section 6.4)."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from inboxcrm.testing.imap_commands import Handler, RefusedError, named, needs, selected, signed_in
from inboxcrm.testing.imap_folders import Folder, StoredMessage
from inboxcrm.testing.imap_grammar import Command, GrammarError, Token, atom, format_set, parse_number, parse_set, words
from inboxcrm.testing.imap_mime import body_structure, envelope, section
from inboxcrm.testing.imap_search import Candidate, SearchParser, format_date_time, has_flag, parse_date_time
from inboxcrm.testing.imap_session import Session

_BODY_ITEM = re.compile(r"BODY(?P<peek>\.PEEK)?\[(?P<section>.*)\](?:<(?P<start>\d+)\.(?P<length>\d+)>)?", re.I | re.S)
_MACROS = {
    "FAST": ("FLAGS", "INTERNALDATE", "RFC822.SIZE"),
    "ALL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE"),
    "FULL": ("FLAGS", "INTERNALDATE", "RFC822.SIZE", "ENVELOPE", "BODY"),
}
_WHOLE = {"RFC822": "BODY[]", "RFC822.HEADER": "BODY.PEEK[HEADER]", "RFC822.TEXT": "BODY[TEXT]"}


def _chosen(session: Session, command: Command, token: Token) -> list[StoredMessage]:
    """The messages a sequence set means to this client; numbers beyond what it was told are refused."""
    folder = selected(session)
    if command.by_uid:
        ranges = parse_set(token, session.known[-1] if session.known else 0)
        spans = [(bisect_left(session.known, low), bisect_right(session.known, high)) for low, high in ranges]
    else:
        ranges = parse_set(token, len(session.known))
        if any(low < 1 or high > len(session.known) for low, high in ranges):
            raise RefusedError("BAD Invalid messageset")
        spans = [(low - 1, high) for low, high in ranges]
    uids = sorted({uid for start, end in spans for uid in session.known[start:end]})
    return [message for uid in uids if (message := folder.get(uid)) is not None]


async def _fetch(session: Session, command: Command) -> str:
    folder = selected(session)
    if len(command.args) < 2:
        raise GrammarError("missing argument")
    items = _fetch_items(command.args[1])
    since, want_vanished = _changed_since(session, command)
    if since is not None or "MODSEQ" in items:
        needs(session, "CONDSTORE")
        session.condstore = True
        items = list(dict.fromkeys([*items, "MODSEQ"]))
    if command.by_uid:
        items = list(dict.fromkeys(["UID", *items]))
    if any(item.upper().startswith("BODY[") for item in items):
        session.host.traffic.unpeeked += 1
    if want_vanished and since is not None:
        _tell_vanished(session, folder, since, parse_set(command.args[0], 2**32 - 1))
    for message in _chosen(session, command, command.args[0]):
        if since is None or message.modseq > since:
            _tell_message(session, folder, message, items)
            await session.flush()
    return "OK Fetch completed."


def _fetch_items(token: Token) -> list[str]:
    parts = (
        [atom(part).decode("utf-8", "replace") for part in token]
        if isinstance(token, list)
        else [token.decode("utf-8", "replace")]
    )
    expanded: list[str] = []
    for part in parts:
        expanded.extend(_MACROS.get(part.upper(), (_WHOLE.get(part.upper(), part),)))
    return [item if "[" in item else item.upper() for item in expanded]


def _changed_since(session: Session, command: Command) -> tuple[int | None, bool]:
    modifiers = command.args[2] if len(command.args) > 2 else []
    since = _modifier(modifiers, b"CHANGEDSINCE")
    vanished = b"VANISHED" in words(modifiers)
    if vanished and not (since is not None and session.qresync and command.by_uid):
        raise RefusedError("BAD VANISHED needs QRESYNC, UID FETCH and CHANGEDSINCE")
    return since, vanished


def _modifier(modifiers: Token, name: bytes) -> int | None:
    """The number that follows a modifier's name (RFC 4466 section 2.2), or None without that modifier."""
    found = words(modifiers)
    if name not in found:
        return None
    return parse_number(b"".join(found[found.index(name) + 1 :][:1]))


def _tell_vanished(session: Session, folder: Folder, since: int, ranges: Sequence[tuple[int, int]]) -> None:
    gone = [uid for uid in folder.vanished_since(since) if any(low <= uid <= high for low, high in ranges)]
    if gone:
        session.say(f"* VANISHED (EARLIER) {format_set(gone)}")


def _tell_message(session: Session, folder: Folder, message: StoredMessage, items: Sequence[str]) -> None:
    seen = any(item.upper().startswith("BODY[") for item in items) and not session.read_only
    if seen and not has_flag(message, "\\Seen"):
        folder.set_flags(message.uid, message.flags | {"\\Seen"})
        session.note_told(message)
        items = list(dict.fromkeys([*items, "FLAGS"]))
    parts = b" ".join(_fetch_item(session, message, item) for item in items)
    session.say(b"* %d FETCH (%s)" % (session.number(message.uid), parts))


def _fetch_item(session: Session, message: StoredMessage, item: str) -> bytes:
    match item:
        case "UID":
            return b"UID %d" % message.uid
        case "FLAGS":
            return b"FLAGS (%s)" % " ".join(sorted(message.flags)).encode()
        case "INTERNALDATE":
            return f'INTERNALDATE "{format_date_time(message.received_at)}"'.encode()
        case "RFC822.SIZE":
            return b"RFC822.SIZE %d" % len(message.raw)
        case "MODSEQ":
            return b"MODSEQ (%d)" % message.modseq
        case "X-GM-MSGID" | "X-GM-LABELS" if session.host.has("X-GM-EXT-1"):
            return _gmail_item(session, message, item)
        case "EMAILID" if session.host.has("OBJECTID"):
            return b"EMAILID (M%d)" % message.number
        case "ENVELOPE":
            return b"ENVELOPE " + envelope(message.raw)
        case "BODY" | "BODYSTRUCTURE":
            return item.encode() + b" " + body_structure(message.raw)
    found = _BODY_ITEM.fullmatch(item)
    if found is None:
        raise GrammarError(f"unknown fetch item {item}")
    return _fetch_section(message, found)


def _gmail_item(session: Session, message: StoredMessage, item: str) -> bytes:
    """What Gmail adds to IMAP (X-GM-EXT-1): the message's number, and the folders it lies in besides All Mail."""
    if item == "X-GM-MSGID":
        return b"X-GM-MSGID %d" % message.number
    labels = signed_in(session).labels(message)
    quoted = (label if label.startswith("\\") else f'"{label}"' for label in labels)
    return b"X-GM-LABELS (%s)" % " ".join(quoted).encode()


def _fetch_section(message: StoredMessage, item: re.Match[str]) -> bytes:
    octets = section(message.raw, item["section"])
    label = b"BODY[%s]" % item["section"].encode()
    if octets is None:
        return label + b" NIL"
    if item["start"] is not None:
        start = int(item["start"])
        octets = octets[start : start + int(item["length"])]
        label += b"<%d>" % start
    return b"%s {%d}\r\n%s" % (label, len(octets), octets)


async def _store(session: Session, command: Command) -> str:
    folder = selected(session)
    if session.read_only:
        raise RefusedError("NO [READ-ONLY] Mailbox is read-only")
    args = list(command.args)
    has_modifiers = len(args) > 1 and isinstance(args[1], list)
    unchanged_since = _modifier(args.pop(1), b"UNCHANGEDSINCE") if has_modifiers else None
    if len(args) < 3:
        raise GrammarError("missing argument")
    action = atom(args[1]).upper()
    flags = _flags(args[2] if len(args) == 3 else list(args[2:]))
    modified = []
    for message in _chosen(session, command, args[0]):
        if unchanged_since is not None and message.modseq > unchanged_since:
            modified.append(message.uid if command.by_uid else session.number(message.uid))
            continue
        folder.set_flags(message.uid, _changed_flags(message, action, flags))
        session.note_told(message)
        _tell_stored(session, command, message, silent=action.endswith(b".SILENT"))
    return f"OK [MODIFIED {format_set(modified)}] Conditional store failed." if modified else "OK Store completed."


def _flags(token: Token) -> frozenset[str]:
    tokens = token if isinstance(token, list) else [token]
    return frozenset(atom(flag).decode("ascii", "replace") for flag in tokens)


def _changed_flags(message: StoredMessage, action: bytes, flags: frozenset[str]) -> frozenset[str]:
    if action.startswith(b"+"):
        return message.flags | flags
    return message.flags - flags if action.startswith(b"-") else flags


def _tell_stored(session: Session, command: Command, message: StoredMessage, *, silent: bool) -> None:
    if silent and not session.condstore:
        return
    items = ["UID"] if command.by_uid else []
    items += [] if silent else ["FLAGS"]
    items += ["MODSEQ"] if session.condstore else []
    parts = b" ".join(_fetch_item(session, message, item) for item in items)
    session.say(b"* %d FETCH (%s)" % (session.number(message.uid), parts))


async def _search(session: Session, command: Command) -> str:
    folder = selected(session)
    tokens = list(command.args)
    if tokens and words(tokens[0]) == (b"CHARSET",):
        if atom(tokens[1]).upper() not in {b"UTF-8", b"US-ASCII"}:
            raise RefusedError("NO [BADCHARSET (UTF-8 US-ASCII)] unknown charset")
        tokens = tokens[2:]
    if not tokens:
        raise GrammarError("missing search key")
    top_uid = session.known[-1] if session.known else 0
    parser = SearchParser(tokens, top_uid=top_uid, top_number=len(session.known))
    test = parser.parse()
    if parser.uses_modseq:
        needs(session, "CONDSTORE")
        session.condstore = True
    found = [
        candidate
        for number, uid in enumerate(session.known, 1)
        if (message := folder.get(uid)) is not None and test(candidate := Candidate(number, message))
    ]
    numbers = [str(candidate.message.uid if command.by_uid else candidate.number) for candidate in found]
    line = " ".join(["* SEARCH", *numbers])
    if parser.uses_modseq and found:
        line += f" (MODSEQ {max(candidate.message.modseq for candidate in found)})"
    session.say(line)
    return "OK Search completed."


async def _append(session: Session, command: Command) -> str:
    folder = named(session, command.text(0), code="TRYCREATE")
    if len(command.args) < 2:
        raise GrammarError("missing message")
    options, raw = command.args[1:-1], command.text(len(command.args) - 1)
    flags = next((_flags(option) for option in options if isinstance(option, list)), frozenset[str]())
    dates = [parse_date_time(option) for option in options if isinstance(option, bytes)]
    message = folder.append(raw, received_at=dates[0] if dates else None, flags=flags)
    code = f"[APPENDUID {folder.uid_validity} {message.uid}] " if session.host.has("UIDPLUS") else ""
    return f"OK {code}Append completed."


async def _copy(session: Session, command: Command) -> str:
    code, _ = _copied(session, command)
    return f"OK {code}Copy completed."


async def _move(session: Session, command: Command) -> str:
    needs(session, "MOVE")
    if session.read_only:
        raise RefusedError("NO [READ-ONLY] Mailbox is read-only")
    code, moved = _copied(session, command)
    if code:
        session.say(f"* OK {code}Moved UIDs.")
    selected(session).expunge(moved)
    return "OK Move completed."


def _copied(session: Session, command: Command) -> tuple[str, list[int]]:
    target = named(session, command.text(1), code="TRYCREATE")
    source = _chosen(session, command, command.args[0])
    copies = [target.append(message.raw, received_at=message.received_at, flags=message.flags) for message in source]
    uids = [message.uid for message in source]
    if not uids or not session.host.has("UIDPLUS"):
        return "", uids
    return f"[COPYUID {target.uid_validity} {format_set(uids)} {format_set(copy.uid for copy in copies)}] ", uids


async def _expunge(session: Session, command: Command) -> str:
    folder = selected(session)
    if session.read_only:
        raise RefusedError("NO [READ-ONLY] Mailbox is read-only")
    if command.by_uid:
        needs(session, "UIDPLUS")
    among = _chosen(session, command, command.args[0]) if command.by_uid else folder.messages
    folder.expunge([message.uid for message in among if has_flag(message, "\\Deleted")])
    return "OK Expunge completed."


MESSAGE_HANDLERS: dict[str, Handler] = {
    "APPEND": _append,
    "COPY": _copy,
    "EXPUNGE": _expunge,
    "FETCH": _fetch,
    "MOVE": _move,
    "SEARCH": _search,
    "STORE": _store,
    "UID COPY": _copy,
    "UID EXPUNGE": _expunge,
    "UID FETCH": _fetch,
    "UID MOVE": _move,
    "UID SEARCH": _search,
    "UID STORE": _store,
}
