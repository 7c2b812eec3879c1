"""What becomes of a mail when a person in it is erased, and how their address goes out of it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.erasure import NOBODY, Fate, fate, redact, redact_text

ANN, BOB, CY = "ann@example.org", "bob@client.example", "cy@other.example"


@pytest.mark.parametrize(
    ("author", "people", "what"),
    [
        pytest.param(BOB, {BOB, ANN}, Fate.ERASED, id="theirs"),
        pytest.param(BOB, {BOB, ANN, CY}, Fate.ERASED, id="theirs, to others too"),
        pytest.param(ANN, {BOB, ANN}, Fate.ERASED, id="the owner's to them alone"),
        pytest.param(ANN, {BOB, ANN, CY}, Fate.REDACTED, id="the owner's to them and others"),
        pytest.param(CY, {BOB, ANN, CY}, Fate.REDACTED, id="another's, to them too"),
        pytest.param(None, {BOB, ANN}, Fate.ERASED, id="nobody's, to them"),
        pytest.param(CY, {ANN, CY}, Fate.UNTOUCHED, id="without them"),
    ],
)
def test_what_others_have_a_part_in_stays(author: str | None, people: set[str], what: Fate) -> None:
    assert fate(author=author, people=people, erased={BOB}, own={ANN}) is what


@pytest.mark.parametrize(
    ("field", "clean"),
    [
        pytest.param("To: Bob <bob@client.example>, Cy <cy@other.example>", f"To: {NOBODY}, Cy <cy@other.example>",
                     id="first"),
        pytest.param(
            'Cc: "Doe, Bob" <BOB@client.example>,\r\n =?UTF-8?Q?C=C3=BF?= <cy@other.example>',
            f"Cc: {NOBODY},\r\n =?UTF-8?Q?C=C3=BF?= <cy@other.example>",
            id="quoted comma, folded, other letters",
        ),
        pytest.param("To: cy@other.example (with, bob@client.example)", f"To: {NOBODY}", id="in a comment"),
        pytest.param("To: jacobbob@client.example", "To: jacobbob@client.example", id="part of another"),
        pytest.param("To: bob@client.example.org", "To: bob@client.example.org", id="another domain"),
        pytest.param("Received: from x for <bob@client.example>; now", f"Received: from x for <{NOBODY}>; now",
                     id="trace"),
        pytest.param("To: \\", "To: \\", id="a lone backslash"),
    ],
)  # fmt: skip
def test_an_address_goes_out_of_a_field_with_its_name(field: str, clean: str) -> None:
    raw = f"Subject: x\r\n{field}\r\n\r\nbody\r\n".encode()

    assert redact(raw, [BOB]) == f"Subject: x\r\n{clean}\r\n\r\nbody\r\n".encode()


def test_in_the_letter_the_address_is_replaced_and_nothing_else() -> None:
    raw = b"To: cy@other.example\n\nwrite to Bob <bob@client.example>, or bobby@client.example\0\xff"

    clean = redact(raw, [BOB])

    assert clean == raw.replace(b"bob@", b"erased@", 1).replace(b"erased@client.example", NOBODY.encode())
    assert redact_text("Bob: bob@client.example.", [BOB]) == f"Bob: {NOBODY}."


@given(
    st.binary(max_size=300),
    st.lists(st.sampled_from([BOB.encode(), b'"', b"(", b"<", b",", b"\\", b"\nTo: "]), max_size=12),
)
@settings(max_examples=100)
def test_no_octets_break_it_and_the_address_is_gone(noise: bytes, pieces: list[bytes]) -> None:
    raw = b"To: " + b" ".join(pieces) + b"\r\n\r\n" + noise

    assert b" bob@client.example " not in redact(raw, [BOB]) + b" "
