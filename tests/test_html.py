"""The table that notebooks show: text stays text."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest

from corrigible._html import cell, escape, table

EVIL = "</script><img src=x onerror=\"alert('&')\">"


class Reader(HTMLParser):
    """The elements and the text of a page.

    Source: this package.
    """

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@pytest.mark.parametrize("columns", [None, [EVIL, "n"]])
def test_nothing_that_is_put_in_becomes_an_element(columns: list[str] | None) -> None:
    page = Reader(table(EVIL, [(EVIL, EVIL), ("x", 1.0)], columns))
    allowed = {"table", "caption", "thead", "tbody", "tr", "th", "td"}
    assert set(page.tags) <= allowed
    assert page.text.count(EVIL) == (3 if columns is None else 4)
    assert "1" in page.text


def test_escaping_holds_between_quotes_too() -> None:
    assert not set(escape(EVIL)) & set("<>\"'")
    assert escape("a & b") == "a &amp; b"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.1 + 0.2, "0.3"),
        (-0.0, "0"),
        (7e-14, "0"),
        ((0.25, 0.5), "0.25 to 0.5"),
        ((1.0, 1.0 + 1e-12), "1"),
        (None, "-"),
        (float("nan"), "-"),
        (float("inf"), "inf"),
        (3, "3"),
    ],
)
def test_values_are_written_for_people(value: object, text: str) -> None:
    assert cell(value) == text
