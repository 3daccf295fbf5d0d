import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecwi_events.kernel import markdown

ALLOWED = {
    "p",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "ul",
    "ol",
    "li",
    "em",
    "strong",
    "a",
    "blockquote",
    "code",
    "pre",
    "hr",
    "br",
}
LINK = re.compile(
    r"<a href=\"(?:https?://|mailto:)[^\"<>]+\"(?: title=\"[^\"<>]*\")? rel=\"noopener noreferrer nofollow\">"
)


def tags(page: str) -> set[str]:
    return set(re.findall(r"<\s*/?\s*([a-zA-Z][\w-]*)", page))


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("", ""),
        (None, ""),
        ("One *two* **three**", "<p>One <em>two</em> <strong>three</strong></p>\n"),
        ("- a\n- b", "<ul>\n<li>a</li>\n<li>b</li>\n</ul>\n"),
        (
            "[site](https://example.org/a?b=1&c=2)",
            '<p><a href="https://example.org/a?b=1&amp;c=2" rel="noopener noreferrer nofollow">site</a></p>\n',
        ),
        (
            "<mail@example.org>",
            '<p><a href="mailto:mail@example.org" rel="noopener noreferrer nofollow">mail@example.org</a></p>\n',
        ),
        ("Олена\n\n* * *", "<p>Олена</p>\n<hr />\n"),
        ("    four blanks are a slip", "<p>four blanks are a slip</p>\n"),
    ],
)
def test_what_people_write(text, page):
    assert markdown.html(text) == page


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<b onclick='x'>\"&",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](java\nscript:alert(1))",
        "[x](&#106;avascript:alert(1))",
        "[x](data:text/html;base64,PHNjcmlwdD4=)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "[x](//evil.example)",
        "[x](/office)",
        "[x]: javascript:alert(1)\n[x]",
        "<javascript:alert(1)>",
        "![x](https://tracker.example/x.png)",
        "[x](https://a.example 'onclick=\"x')",
        "```html\n<script>alert(1)</script>\n```",
        "<style>p{display:none}</style>",
        "<!-- hidden -->",
        '[x](https://a.example/"onmouseover=alert(1))',
    ],
)
def test_what_could_hurt_is_text(text):
    page = markdown.html(text)
    assert tags(page) <= ALLOWED
    assert "<script" not in page and 'onclick="' not in page and "<img" not in page
    assert len(re.findall("<a ", page)) == len(LINK.findall(page))


def test_headings_begin_below_the_page_and_skip_no_level():
    page = markdown.html("# One\n\n#### Two\n\n###### Three\n\n# Four")
    assert re.findall(r"<h(\d)>(\w+)", page) == [("2", "One"), ("3", "Two"), ("4", "Three"), ("2", "Four")]
    assert re.findall(r"<h(\d)>(\w+)", markdown.html("### Only", highest=3)) == [("3", "Only")]
    every = markdown.html("\n\n".join("#" * level + " x" for level in range(1, 7)), highest=4)
    assert re.findall(r"<h(\d)>", every) == ["4", "5", "6", "6", "6", "6"]


def test_the_words_alone():
    assert (
        markdown.plain("# A *title*\n\n- one [link](https://x.example)\n- `two`\nthree") == "A title one link two three"
    )
    assert markdown.plain(None) == ""


@given(st.text(max_size=200))
def test_whatever_is_typed_becomes_allowed_tags_only(text):
    page = markdown.html(text)
    assert tags(page) <= ALLOWED
    assert len(re.findall("<a ", page)) == len(LINK.findall(page))
