"""How a server in a test reads an access token, and what it says to one it does not take (RFC 7628, and Google's)."""

from __future__ import annotations

import base64

TOKEN_REFUSED = {
    "OAUTHBEARER": (base64.b64encode(b'{"status":"invalid_token","scope":"mail"}'), b"AQ=="),
    "XOAUTH2": (base64.b64encode(b'{"status":"401","schemes":"bearer","scope":"mail"}'), b""),
}
"""By mechanism: the explanation, and how the client acknowledges it."""


def read_token(mechanism: str, response: bytes) -> tuple[str, str]:
    """The user and the token of an initial response; both empty where it is malformed."""
    try:
        parts = base64.b64decode(response, validate=True).decode().split("\x01")
    except ValueError:
        return "", ""
    if parts[-2:] != ["", ""]:
        return "", ""
    if mechanism == "OAUTHBEARER":
        who = parts[0].removeprefix("n,a=").removesuffix(",").replace("=2C", ",").replace("=3D", "=")
    else:
        who = parts[0].removeprefix("user=")
    tokens = [each.removeprefix("auth=Bearer ") for each in parts if each.startswith("auth=Bearer ")]
    return (who, tokens[0]) if len(tokens) == 1 else ("", "")
