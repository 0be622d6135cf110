"""The page that a report is: one file that loads nothing.

Guarantee: a policy in the page forbids every request and every script, so that even a mistake in
it could send nothing; the style is the one whose hash the policy names.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources

from corrigible.view.frame import chart_style
from corrigible.view.markup import Child, Markup, el, join

_DOCTYPE = Markup("<!doctype html>\n")


@cache
def _style() -> str:
    rest = (resources.files("corrigible.view") / "report.css").read_text(encoding="utf-8")
    return chart_style() + rest


def page(title: str, head: Child, main: Child, foot: Child) -> Markup:
    """A whole document.

    Args:
        title: the window's.
        head: what stands first.
        main: what stands under it.
        foot: what stands last.

    Returns:
        HTML, in ASCII and UTF-8 text. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard; Content Security Policy Level 3, section 3.3 (the meta element).
    """
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    top = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("title", title),
        # Without it a browser asks the page's server for one.
        el("link", rel="icon", href="data:,"),
        el("style", Markup(style)),
    )
    body = el("body", el("header", head), el("main", main), el("footer", foot))
    return join([_DOCTYPE, el("html", top, body, lang="en"), Markup("\n")])


def section(ident: str, title: str, *children: Child) -> Markup:
    """A part of the page with a heading that can be linked to.

    Args:
        ident: unique on the page.
        title: its heading.
        children: what it holds; None is left out.

    Returns:
        The element. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard, section 4.3.3 (section).
    """
    heading = f"{ident}-heading"
    return el("section", el("h2", title, id=heading), *children, id=ident, aria_labelledby=heading)


def figure(shown: Child, caption: Child, source: str) -> Markup:
    """A picture with its sentence.

    Args:
        shown: the picture.
        caption: what it says.
        source: the id of the element that holds its numbers.

    Returns:
        The element. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard, section 4.4.12 (figure).
    """
    return el("figure", shown, el("figcaption", caption), data_numbers=source)


def table(
    heads: tuple[str, ...], rows: list[tuple[Child, ...]], figures: tuple[int, ...], label: str
) -> Markup:
    """A table whose numbers are aligned, and that folds into a list on a narrow page.

    Args:
        heads: of the columns.
        rows: as many children each, the first naming the row; one child alone spans the table.
        figures: the columns that hold numbers.
        label: what the table is, for a screen reader.

    Returns:
        The element. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard, section 4.9 (tables).
    """

    def kind(index: int) -> str | None:
        return "figures" if index in figures else None

    def row(cells: tuple[Child, ...]) -> Markup:
        if len(cells) == 1:
            return el("tr", el("td", cells[0], colspan=len(heads)), class_="why")
        data = (
            el("td", cell, class_=kind(i), data_name=heads[i])
            for i, cell in enumerate(cells)
            if i > 0
        )
        return el("tr", el("th", cells[0], scope="row"), *data)

    top = el("tr", *(el("th", h, scope="col", class_=kind(i)) for i, h in enumerate(heads)))
    body = el("tbody", *(row(cells) for cells in rows))
    return el(
        "table",
        el("thead", top),
        body,
        class_="folds" if len(heads) > 2 else None,
        aria_label=label,
    )


def terms(pairs: tuple[tuple[str, str], ...]) -> Markup:
    """Words and what they mean.

    Args:
        pairs: (word, meaning).

    Returns:
        The element. No arrays, no shapes.

    Raises:
        Nothing.

    Source: HTML Living Standard, section 4.4.9 (dl).
    """
    return el("dl", *(join([el("dt", w), el("dd", m)]) for w, m in pairs), class_="terms")
