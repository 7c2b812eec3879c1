"""Who is named in an address field, and which names are one identity."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.address import (
    LONGEST_NAME,
    MOST_ADDRESSES,
    base_key,
    identity,
    is_public_mail_domain,
    is_role_address,
    mixed_script,
    organisational_domain,
    parse_addresses,
)

Row = tuple[str, list[tuple[str, str]], tuple[str, ...]]
FIELDS: dict[str, Row] = {
    "bare": ("ann@example.org", [("", "ann@example.org")], ()),
    "named": ("Ann Example <ann@example.org>", [("Ann Example", "ann@example.org")], ()),
    "quoted": ('"Example, Ann" <ann@example.org>', [("Example, Ann", "ann@example.org")], ()),
    "escaped": ('"Ann \\"A\\" E" <ann@example.org>', [('Ann "A" E', "ann@example.org")], ()),
    "list": ("a@b.example, C <c@d.example>", [("", "a@b.example"), ("C", "c@d.example")], ()),
    "semicolons": ("A <a@b.example>; c@d.example", [("A", "a@b.example"), ("", "c@d.example")], ()),
    "empty members": ("a@b.example,, ,c@d.example", [("", "a@b.example"), ("", "c@d.example")], ()),
    "unquoted comma": ("Maier, Bernd <b@x.example>", [("Maier, Bernd", "b@x.example")], ("unquoted-comma",)),
    "two unquoted commas": (
        "Maier, Bernd <b@x.example>, Huber, Ann <a@x.example>",
        [("Maier, Bernd", "b@x.example"), ("Huber, Ann", "a@x.example")],
        ("unquoted-comma",),
    ),
    "comma in an encoded word": ("=?utf-8?Q?Maier=2C_B?= <b@x.example>", [("Maier, B", "b@x.example")], ()),
    "encoded word in quotes": ('"=?utf-8?Q?J=C3=BCrg?=" <j@x.example>', [("Jürg", "j@x.example")], ()),
    "comment as name": ("ann@example.org (Ann (the) E)", [("Ann (the) E", "ann@example.org")], ()),
    "comments everywhere": ("(a)ann(b)@(c)example.org(d)", [("d", "ann@example.org")], ()),
    "old blanks": ("ann @ example . org", [("", "ann@example.org")], ()),
    "group": ("Team: a@x.example, B <b@y.example>;", [("", "a@x.example"), ("B", "b@y.example")], ("group",)),
    "empty group": ("undisclosed-recipients:;", [], ("group",)),
    "route": ("<@a.example,@b.example:c@d.example>", [("", "c@d.example")], ("route",)),
    "two angles": (
        "Ann <ann@example.org> <bob@example.org>",
        [("Ann", "ann@example.org"), ("", "bob@example.org")],
        (),
    ),
    "no angle": ("Ann E ann@example.org", [("Ann E", "ann@example.org")], ("no-angle",)),
    "no address": ("Ann Example", [], ("no-address",)),
    "empty angle": ("Ann <>", [], ("bad-address",)),
    "empty": ("", [], ()),
    "quoted local part": ('"a b"@x.example', [("", '"a b"@x.example')], ()),
    "literal": ("x@[IPv6:2001:db8::1]", [("", "x@[IPv6:2001:db8::1]")], ()),
    "an address as name": ("vip@x.example <eve@y.example>", [("vip@x.example", "eve@y.example")], ()),
    "a quoted address as name": ('"vip@x.example" <eve@y.example>', [("vip@x.example", "eve@y.example")], ()),
    "two people are two": ("vip@x.example, E <eve@y.example>", [("", "vip@x.example"), ("E", "eve@y.example")], ()),
    "a quote never closed": ('"Ann <ann@example.org>', [("Ann", "ann@example.org")], ("lone-quote",)),
    "blank inside": ("<a b@x.example>", [("", "a b@x.example")], ()),
    "8 bit": ("Jürg <jürg@x.example>", [("Jürg", "jürg@x.example")], ()),
    "outlook quotes": ("'Ann' <ann@example.org>", [("Ann", "ann@example.org")], ()),
    "control and direction": ("=?utf-8?Q?A=0D=0AB=E2=80=AEc?= <a@x.example>", [("A Bc", "a@x.example")], ()),
}


@pytest.mark.parametrize(("value", "people", "defects"), FIELDS.values(), ids=FIELDS.keys())
def test_a_field_names_these_mailboxes(value: str, people: list[tuple[str, str]], defects: tuple[str, ...]) -> None:
    found = parse_addresses(value)

    assert [(one.name, one.spec) for one in found.addresses] == people
    assert found.defects == defects


def test_names_and_lists_have_limits() -> None:
    long = parse_addresses("A" * 100_000 + " <a@x.example>").addresses[0]
    many = parse_addresses("a@x.example, " * (MOST_ADDRESSES + 10))
    slow = parse_addresses("(c) a@x.example, " * (MOST_ADDRESSES + 10))

    assert len(long.name) == LONGEST_NAME
    assert len(many.addresses) == len(slow.addresses) == MOST_ADDRESSES
    assert many.defects == slow.defects == ("too-many-addresses",)


@settings(max_examples=150)
@given(st.text(alphabet=' a@.,:;<>()"\\[]=?ü\t\n', max_size=60))
def test_no_field_whatever_makes_it_raise(value: str) -> None:
    for one in parse_addresses(value).addresses:
        assert one.spec
        assert one.name == one.name.strip()


@settings(max_examples=100)
@given(
    st.lists(st.tuples(st.text(alphabet="abc ,;:@<>()", max_size=10), st.text(alphabet="abc", min_size=1)), max_size=5)
)
def test_what_was_written_by_the_rules_is_read_back(people: list[tuple[str, str]]) -> None:
    field = ", ".join(f'"{name}" <{local}@example.org>' for name, local in people)

    found = parse_addresses(field)

    assert [one.spec for one in found.addresses] == [f"{local}@example.org" for _, local in people]
    assert [one.name for one in found.addresses] == [" ".join(name.split()) for name, _ in people]


SAME = [
    ("Ann@Example.ORG", "ann@example.org"),
    ("ann@example.org.", "ann@example.org"),
    ("ann@MÜNCHEN.example", "ann@xn--mnchen-3ya.example"),
    ("ann@mu\u0308nchen.example", "ann@xn--mnchen-3ya.example"),
]
DIFFERENT = [
    ("ann@example\uff0eorg", "ann@example.org"),
    ("ann\uff20example.org", "ann@example.org"),
    ("\u017fam@example.org", "sam@example.org"),
    ("\u212aim@example.org", "kim@example.org"),
    ("\u0130da@example.org", "ida@example.org"),
    ("o\ufb03ce@example.org", "office@example.org"),
    ("\uff41nn@example.org", "ann@example.org"),
    ("ann@ex\u0430mple.org", "ann@example.org"),
    ("JÜRG@example.org", "jürg@example.org"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_mailbox_are_one_identity(one: str, other: str) -> None:
    assert identity(one) == identity(other) == other


@pytest.mark.parametrize(("one", "other"), DIFFERENT, ids=[ascii(row[0]) for row in DIFFERENT])
def test_what_only_looks_alike_is_another_identity(one: str, other: str) -> None:
    assert identity(one) != identity(other)


BASES = [
    ("ann+tag@example.org", "ann@example.org"),
    ("a.n.n@example.org", "a.n.n@example.org"),
    ("A.n.n+tag@googlemail.com", "ann@gmail.com"),
    ("+@example.org", "+@example.org"),
    ("nobody", "nobody"),
]


@pytest.mark.parametrize(("key", "base"), BASES)
def test_the_base_of_a_key_has_no_tag_and_at_gmail_no_dots(key: str, base: str) -> None:
    assert base_key(key) == base


ORGANISATIONS = [
    ("mail.example.co.uk", "example.co.uk"),
    ("example.org", "example.org"),
    ("a.b.c.example.org", "example.org"),
    ("co.uk", "co.uk"),
    ("Bücher.example", "xn--bcher-kva.example"),
    ("[192.0.2.1]", "[192.0.2.1]"),
    ("", ""),
]


@pytest.mark.parametrize(("domain", "organisation"), ORGANISATIONS)
def test_the_organisation_of_a_domain_is_what_somebody_registered(domain: str, organisation: str) -> None:
    assert organisational_domain(domain) == organisation


def test_public_mail_domains_are_known_also_below() -> None:
    assert is_public_mail_domain("gmail.com")
    assert is_public_mail_domain("GMX.de")
    assert is_public_mail_domain("vip.qq.com")
    assert not is_public_mail_domain("example.org")


@pytest.mark.parametrize("local", ["info", "Info", "accounts", "buchhaltung", "accounts-payable", "info+x", "no-reply"])
def test_a_duty_is_no_person(local: str) -> None:
    assert is_role_address(local)


@pytest.mark.parametrize("local", ["ann", "infomarie", "ann.support", "salesman"])
def test_a_person_is_no_duty(local: str) -> None:
    assert not is_role_address(local)


@pytest.mark.parametrize(
    "spec",
    [
        "ann@ex\u0430mple.org",
        "\u0430nn@example.org",
        "ann@xn--exmple-4nf.org",
        "ann@\u0430\u0440\u0440\u04cf\u0435.com",
    ],
    ids=["domain", "local", "a-label", "look-alikes only"],
)
def test_mixed_scripts_are_noticed(spec: str) -> None:
    assert mixed_script(spec)


@pytest.mark.parametrize(
    "spec", ["ann@example.org", "ann@münchen.example", "ann@пример.example", "ann@東京カナ.example"]
)
def test_ordinary_scripts_are_left_in_peace(spec: str) -> None:
    assert not mixed_script(spec)
