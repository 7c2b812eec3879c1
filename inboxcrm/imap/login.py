"""Logging in to an IMAP server with a password or a token."""

from __future__ import annotations

import base64
import re

from inboxcrm.config import Server
from inboxcrm.imap import responses
from inboxcrm.imap.dialogue import Dialogue, accepted
from inboxcrm.imap.errors import CommandRefusedError, LoginRefusedError, ProtocolError
from inboxcrm.imap.names import quoted
from inboxcrm.ports import Bearer
from inboxcrm.sasl import explained, present

_MOST_CHALLENGES = 3


def log_in(dialogue: Dialogue, server: Server, user: str, credential: str | Bearer) -> None:
    """Log in, unless the server greeted us as logged in.

    Raises LoginRefusedError where the server does not accept it, CommandRefusedError (and kin) where it cannot say now.
    """
    if dialogue.state == "AUTH":  # PREAUTH
        return
    try:
        if isinstance(credential, Bearer):
            _show_token(dialogue, server, user, credential)
        else:
            _show_password(dialogue, user, _without_display_spaces(credential))
    except CommandRefusedError as error:
        if type(error) is CommandRefusedError and error.status == "NO":
            raise LoginRefusedError(
                f"{server.host}: the server does not accept the login of {user} "
                f"({error.text or 'no reason given'}). {_advice(credential)} Then run `inboxcrm doctor`."
            ) from error
        raise
    dialogue.state = "AUTH"


def _advice(credential: str | Bearer) -> str:
    if isinstance(credential, Bearer):
        return (
            "Check that `user` of this mailbox in config.toml is the account you signed in with, and that IMAP is "
            "switched on for it; else sign in again with `inboxcrm sign-in`."
        )
    return "Check `user` and `password` of this mailbox in config.toml; many providers want an app password."


def _show_password(dialogue: Dialogue, user: str, password: str) -> None:
    """LOGIN is ASCII only (RFC 3501 section 6.2.3); anything else goes by SASL PLAIN (RFC 4616)."""
    quotable = (user + password).isascii() and (user + password).isprintable()
    if quotable and "LOGINDISABLED" not in dialogue.offered:
        dialogue.command("LOGIN", quoted(user), quoted(password), seconds=dialogue.limits.login)
    else:
        _authenticate(dialogue, "PLAIN", base64.b64encode(f"\0{user}\0{password}".encode()), b"")


def _show_token(dialogue: Dialogue, server: Server, user: str, bearer: Bearer) -> None:
    mechanisms = [name.removeprefix("AUTH=") for name in dialogue.offered if name.startswith("AUTH=")]
    shown = present(bearer, user, host=server.host, port=server.port, offered=mechanisms)
    if shown is None:
        raise LoginRefusedError(
            f"{server.host}: the server takes no token (neither OAUTHBEARER nor XOAUTH2 is offered). Write `password` "
            "instead of `auth` for this mailbox in config.toml."
        )
    _authenticate(dialogue, shown.mechanism, shown.line, shown.last_line)


def _authenticate(dialogue: Dialogue, mechanism: str, initial: bytes, last: bytes) -> None:
    """AUTHENTICATE with its initial response at once where the server takes that (RFC 4959), else when it is asked for.

    What is asked after that is why the server refuses; `last` lets it say so.
    """
    dialogue.wire.allow(dialogue.limits.login)
    tag, at_once = dialogue.new_tag(), "SASL-IR" in dialogue.offered
    words = [tag, b"AUTHENTICATE", mechanism.encode("ascii"), *([initial] if at_once else [])]
    dialogue.wire.send(b" ".join(words) + b"\r\n")
    answers, why = [] if at_once else [initial], ""
    for _ in range(_MOST_CHALLENGES):
        challenge, answer = _heard(dialogue, tag)
        if answer is not None:
            try:
                accepted("AUTHENTICATE", answer)
            except CommandRefusedError as error:
                error.text = "; ".join(filter(None, (error.text, why)))
                raise
            return
        if not answers:
            why = explained(challenge) or why
        dialogue.wire.send((answers.pop() if answers else last) + b"\r\n")
    raise ProtocolError(f"AUTHENTICATE {mechanism} does not come to an end")


def _heard(dialogue: Dialogue, tag: bytes) -> tuple[bytes, responses.Status | None]:
    """The server's next challenge, or the end of the command."""
    while True:
        response = dialogue.read_response()
        if (answer := dialogue.completion(tag, response)) is not None:
            return b"", answer
        if response.text.startswith(b"+"):
            return response.text[1:].strip(), None
        dialogue.heard(responses.untagged(response), None)


def _without_display_spaces(password: str) -> str:
    """Google shows app passwords in four groups of four letters; the spaces are not part of them."""
    return password.replace(" ", "") if re.fullmatch(r"[a-z]{4}( [a-z]{4}){3}", password) else password
