"""What a person would read of an HTML letter."""

from __future__ import annotations

import pytest

from inboxcrm.domain.hypertext import html_to_text
from inboxcrm.domain.quoting import new_text

PAGES = {
    "paragraphs": ("<p>One</p><p>Two<br>Three</p>", "One\n\nTwo\nThree"),
    "divisions": ("<div>One</div><div>Two</div><div><br></div><div>Three</div>", "One\nTwo\n\nThree"),
    "blanks": ("<p>  one \n two&nbsp; three </p>", "one two three"),
    "bullets": ("<ul><li>a<li>b<ul><li>c</ul></ul><ol><li>x<li>y</ol>", "- a\n- b\n\n  - c\n\n1. x\n2. y"),
    "link": ('<a href="https://example.org/x">Offer</a>', "Offer <https://example.org/x>"),
    "link to itself": ('<a href="https://example.org/">example.org</a>', "example.org"),
    "mail link": ('<a href="mailto:ann@example.org">Ann</a>', "Ann <ann@example.org>"),
    "script link": ('<a href="javascript:alert(1)">click</a>', "click"),
    "script and style": ("<style>p{}</style><script>x</script>a<noscript>b</noscript><!-- c -->", "a"),
    "hidden": (
        (
            '<span style="display:none">a</span><i style="font-size:0px">b</i><b hidden>c</b>'
            '<div style="mso-hide:all">d</div><p style="font-size:0.9em">shown</p>'
        ),
        "shown",
    ),
    "table": ("<table><tr><td>a<td>b</tr><tr><td>c<td>d</tr></table>", "a b\nc d"),
    "preformatted": ("<pre>a\n  b</pre>", "a\n  b"),
    "quote": ("<p>yes</p><blockquote><p>a</p><p>b</p></blockquote>", "yes\n\n> a\n>\n> b"),
    "entities": ("&lt;b&gt; &amp; &#xD800; &#0;x", "<b> & \ufffd \ufffdx"),
    "image": ('<img alt="Logo" src="https://tracker.example/x">', "Logo"),
    "nothing": ("", ""),
    "unclosed": ("<p>a<p>b<div>c", "a\n\nb\n\nc"),
}


@pytest.mark.parametrize(("html", "text"), PAGES.values(), ids=PAGES.keys())
def test_html_reads_as_text(html: str, text: str) -> None:
    assert html_to_text(html) == text


def test_a_quote_in_html_is_a_quote_in_text() -> None:
    html = "<p>My answer</p><div>On 3 Mar 2026, Ann wrote:</div><blockquote>the question</blockquote>"

    assert new_text(html_to_text(html)) == "My answer"
