"""Formatting: what Telegram's HTML becomes, and what fails the whole message."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sandbox.entities import formatted
from bot.sandbox.refusals import Refusal
from bot.sandbox.richtext import utf16_length


def _shown(source: str) -> tuple[str, list[tuple[str, str]]]:
    text = formatted(source, "HTML")
    units = text.text.encode("utf-16-le")
    return text.text, [
        (
            entity["type"],
            units[2 * entity["offset"] : 2 * (entity["offset"] + entity["length"])].decode(
                "utf-16-le"
            ),
        )
        for entity in text.entities
    ]


@pytest.mark.parametrize(
    ("source", "text", "entities"),
    [
        ("<b>🟢 up</b> <i>x</i>", "🟢 up x", [("bold", "🟢 up"), ("italic", "x")]),
        ("<B >a</b><strong>b</strong>", "ab", [("bold", "ab")]),
        ("a &lt;b&gt; &amp;amp; &quot; &#x1F7E2; &#48; &nbsp;", 'a <b> &amp; " 🟢 0 &nbsp;', []),
        ("<u><s>x</s></u>", "x", [("underline", "x"), ("strikethrough", "x")]),
        ('<span class="tg-spoiler">x</span>', "x", [("spoiler", "x")]),
        ("<b>a<code>b</code></b>", "ab", [("bold", "ab"), ("code", "b")]),
        ("<code>a<b>b</b></code>", "ab", [("code", "ab")]),
        ("<blockquote expandable>q</blockquote>", "q", [("expandable_blockquote", "q")]),
        ("<b></b>x", "x", []),
        ("<b>x</>", "x", [("bold", "x")]),
        ("  x <b>y</b>  \n", "x y", [("bold", "y")]),
        ("<pre>  x\n y  </pre>", "  x\n y", [("pre", "  x\n y")]),
        ("see /help, #T4F21", None, [("bot_command", "/help"), ("hashtag", "#T4F21")]),
        ("in $BTC", None, [("cashtag", "$BTC")]),
        ("ask @some_body, a.b@c.de", None, [("mention", "@some_body"), ("email", "a.b@c.de")]),
        ("https://a.b/c?d=1.", None, [("url", "https://a.b/c?d=1")]),
        ("<code>/help #x</code> and/or 1/2", "/help #x and/or 1/2", [("code", "/help #x")]),
    ],
)  # fmt: skip
def test_html_becomes_text_and_entities(source, text, entities) -> None:
    words, found = _shown(source)
    assert words == (source if text is None else text)
    assert found == entities


def test_links_languages_and_moments_carry_their_value() -> None:
    source = (
        '<a href="https://x.y/?a=1&amp;b">l</a><a href="no link">p</a><a href="tg://user?id=1">u</a>'
        '<pre><code class="language-python">c</code></pre><tg-time unix="1700000000">t</tg-time>'
    )
    link, user, pre, moment = formatted(source, "html").entities
    assert link["url"] == "https://x.y/?a=1&b"
    assert user["url"] == "tg://user?id=1"
    assert (pre["type"], pre["language"]) == ("pre", "python")
    assert (moment["type"], moment["unix_time"]) == ("date_time", 1700000000)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("é<br>", 'Unsupported start tag "br" at byte offset 2'),
        ("<br/>", 'Unsupported start tag "br/" at byte offset 0'),
        ("1 < 2 > 1", 'Unsupported start tag "" at byte offset 2'),
        ("<!-- x -->", 'Unsupported start tag "!--" at byte offset 0'),
        ("<b>x", 'Can\'t find end tag corresponding to start tag "b"'),
        ("a</b>", "Unexpected end tag at byte offset 1"),
        ("<b>x</i>", 'Unmatched end tag at byte offset 4, expected "</b>", found "</i>"'),
        ("<b>x</b", "Unclosed end tag at byte offset 4"),
        ("<b", "Unclosed start tag at byte offset 0"),
        ('<a href="x', "Unclosed start tag at byte offset 0"),
        (
            "<a href>x</a>",
            "Expected equal sign in declaration of an attribute of the tag"
            ' "a" at byte offset 0',
        ),
        ("<a href=x/y>x</a>", "Unexpected end of name token at byte offset 8"),
        ("<span>x</span>", 'Tag "span" must have class "tg-spoiler" at byte offset 0'),
    ],
)  # fmt: skip
def test_broken_html_fails_the_whole_message(source, words) -> None:
    with pytest.raises(Refusal, match=re.escape(f"can't parse entities: {words}") + "$"):
        formatted(source, "HTML")


@given(
    st.text(st.characters(exclude_categories=["C", "Z", "M"]), min_size=1, max_size=60),
    st.sampled_from(["b", "i", "code", "pre", "blockquote"]),
)
def test_escaped_text_comes_back_inside_its_tag(words: str, tag: str) -> None:
    escaped = words.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    text = formatted(f"<{tag}>{escaped}</{tag}>", "HTML")
    assert text.text == words
    assert text.entities[0]["length"] == utf16_length(words)


@given(
    st.lists(
        st.sampled_from(
            ["<b>", "</b>", "<pre>", "</pre>", "🟢", " ", "\n", "a", "/x", "#y", "<i>", "</i>"]
        )
    )
)
def test_whatever_is_accepted_has_entities_within_its_text(pieces: list[str]) -> None:
    try:
        text = formatted("".join(pieces), "HTML")
    except Refusal:
        return
    length = utf16_length(text.text)
    assert all(0 <= e["offset"] < e["offset"] + e["length"] <= length for e in text.entities)
    assert text.text == text.text.rstrip()
