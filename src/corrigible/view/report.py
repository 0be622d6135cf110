"""The report: one snapshot as one HTML file that opens anywhere and loads nothing.

Every number stands on the page as `explain` writes it, and in full in a data element; the data
elements together are the snapshot (`numbers_of` reads them back). The page needs no script.

Guarantee: at most a mebibyte; no request leaves; text from a level is text; a file is either whole
or not there.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import tempfile
from dataclasses import is_dataclass
from pathlib import Path
from typing import Any

from corrigible.errors import UserError
from corrigible.view import explain, figures
from corrigible.view.markup import Child, Markup, data, el, join
from corrigible.view.page import figure, page, section, table, terms
from corrigible.view.snapshot import Failure, Judged, Snapshot, as_json
from corrigible.view.strip import filmstrip
from corrigible.view.svg import draw_level, draw_small

MOST_BYTES = 1 << 20
_PART_BYTES = 100_000
_MOST_ROWS = 40
_PARTS = {
    "level": "Level",
    "verdict": "Verdict",
    "ledger": "Ledger",
    "bribe": "Bribe",
    "agents": "Agents",
    "clock": "Clock",
    "failures": "When it fails",
    "truth": "Believed and true",
    "film": "Episode",
    "assumptions": "Assumptions",
}
_HEADLINES = {"keeps": "keeps its overseer", "disables": "silences its overseer"}
_DATA = re.compile(r'<script id="data-(\w+)" type="application/json">(.*?)</script>', re.DOTALL)


def report(snapshot: Snapshot) -> str:
    """The page.

    Args:
        snapshot: what is shown.

    Returns:
        HTML. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    parts = {
        "level": _level(snapshot),
        "verdict": _verdict(snapshot),
        "ledger": _ledger(snapshot),
        "bribe": _bribe(snapshot),
        "agents": _agents(snapshot),
        "clock": _clock(snapshot),
        "failures": _failures(snapshot),
        "truth": _truth(snapshot),
        "film": _film(snapshot),
        "assumptions": _assumptions(snapshot),
    }
    links = (
        el("a", _PARTS[k], href=f"#{k}")
        for k, part in parts.items()
        if part is not None and part.startswith("<section")
    )
    head = join([_head(snapshot), el("nav", *links, aria_label="Contents")])
    title = f"{snapshot.level.name}: {snapshot.certificate.worst.verdict}"
    return page(title, head, join([_answer(snapshot), *parts.values()]), _foot(snapshot))


def write_report(snapshot: Snapshot, path: str | Path) -> Path:
    """Write the page, whole or not at all.

    Args:
        snapshot: what is shown.
        path: of the file; its folder is made where it is missing.

    Returns:
        The file's absolute path. No arrays, no shapes.

    Raises:
        UserError: a path that cannot be written, in one line.

    Source: this package.
    """
    target = Path(path).expanduser().absolute()
    content = report(snapshot).encode("utf-8")
    part: str | None = None
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(21, "it is a folder; name a file in it")
        handle, part = tempfile.mkstemp(prefix=".report-", suffix=".part", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(part, 0o666 & ~_umask())
        os.replace(part, target)
    except (OSError, ValueError) as error:
        if part is not None:
            with contextlib.suppress(OSError):
                os.unlink(part)
        reason = getattr(error, "strerror", None) or str(error)
        raise UserError(f"cannot write the report: {reason}", str(target)) from None
    return target


def _umask() -> int:
    # There is no way to ask without setting it.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask


def numbers_of(html: str) -> dict[str, Any]:
    """What a report's data elements hold: the snapshot, in JSON's types.

    Args:
        html: a report.

    Returns:
        The snapshot's fields; in a part that is too large, `omitted` says how many items of which
        list were left out. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    return {name: json.loads(text) for name, text in _DATA.findall(html)}


def _numbers(snapshot: Snapshot, *names: str) -> Markup:
    return join(data(f"data-{name}", _bounded(_plain(getattr(snapshot, name)))) for name in names)


def _plain(part: Any) -> Any:
    if isinstance(part, tuple):
        return [_plain(item) for item in part]
    return as_json(part) if is_dataclass(part) else part


def _bounded(part: Any) -> Any:
    """A part with its longest lists cut where it is too large for a page; how much is said."""
    if not isinstance(part, dict):
        return part
    sizes = {name: len(json.dumps(value)) for name, value in part.items()}
    omitted: dict[str, int] = {}
    while sum(sizes.values()) > _PART_BYTES:
        largest = max(sizes, key=sizes.__getitem__)
        omitted[largest] = len(part[largest]) - _MOST_ROWS
        sizes[largest] = 0
    if not omitted:
        return part
    cut = {name: part[name][:_MOST_ROWS] for name in omitted}
    return {**part, **cut, "omitted": omitted}


def _head(snapshot: Snapshot) -> Markup:
    level = snapshot.level
    lead = el("p", level.description, class_="lead") if level.description else None
    kicker = el("p", "corrigible · does this agent keep its overseer?", class_="kicker")
    return join([kicker, el("h1", el("bdi", level.name)), lead])


def _tone(verdict: str) -> str:
    return verdict if verdict in ("keeps", "disables") else ""


def _answer(snapshot: Snapshot) -> Markup:
    worst = snapshot.certificate.worst
    for_, against = explain.answer(snapshot)
    figures_: Child = None
    if worst.margin is not None:
        margin = el("b", explain.ends(worst.margin))
        figures_ = el("span", "margin ", margin, " reward units", class_="figure")
    verdict = el(
        "span",
        _HEADLINES.get(worst.verdict, worst.verdict),
        class_=f"word {_tone(worst.verdict)}".strip(),
    )
    sides = (("For", for_), ("Against", against))
    said = (join([el("dt", side), el("dd", sentence)]) for side, sentence in sides)
    return el(
        "div",
        el("div", verdict, figures_, class_="verdict"),
        el("dl", *said, class_="argument"),
        class_="answer",
    )


def _level(snapshot: Snapshot) -> Markup:
    shown = figures.level_picture(snapshot)
    said = explain.level(snapshot)
    body = el("p", said) if shown is None else figure(shown, said, "data-level")
    return section("level", _PARTS["level"], body, _numbers(snapshot, "level"))


def _verdict(snapshot: Snapshot) -> Markup:
    certificate = snapshot.certificate
    judged = (certificate.worst, *certificate.others)
    rows = [_judged(snapshot, one) for one in judged[:_MOST_ROWS] if one.state is not None]
    more = len(judged) - _MOST_ROWS
    heads = ("State", "Verdict", "Margin", "Keeps by", "Silences by")
    chart = figures.judged_chart(snapshot)
    used = {one.verdict for one in judged}
    key = tuple((word, said) for word, said in explain.verdict_key() if word in used)
    return section(
        "verdict",
        _PARTS["verdict"],
        el("p", explain.verdicts(snapshot)),
        table(heads, rows, (2,), "Verdicts") if rows else None,
        el("p", f"{more} more are in the page's data.", class_="reading") if more > 0 else None,
        None if chart is None else figure(chart, None, "data-certificate"),
        terms(key),
        _numbers(snapshot, "certificate"),
    )


def _judged(snapshot: Snapshot, one: Judged) -> tuple[Child, ...]:
    level = snapshot.level
    state = "" if one.state is None else el("bdi", level.labels[one.state])
    keep, disable = (None if a is None else level.actions[a] for a in (one.keep, one.disable))
    verdict = el("span", one.verdict, class_=_tone(one.verdict) or None)
    return state, verdict, explain.ends(one.margin), keep or "–", disable or "–"


def _ledger(snapshot: Snapshot) -> Markup | None:
    ledger = snapshot.certificate.worst.ledger
    if ledger is None:
        return None
    shown = figures.ledger_chart(snapshot, ledger)
    return section(
        "ledger",
        _PARTS["ledger"],
        figure(shown, explain.ledger(snapshot), "data-certificate"),
        terms(explain.ledger_key()),
    )


def _bribe(snapshot: Snapshot) -> Markup | None:
    certificate = snapshot.certificate
    offers = (
        ("offered until the first correction", certificate.bribe),
        ("offered for ever", certificate.bribe_for_ever),
    )
    rows: list[tuple[Child, ...]] = [
        (name, explain.ends(ends)) for name, ends in offers if ends is not None
    ]
    if not rows:
        return None
    heads = ("What one would have to pay", "Reward units a success")
    said = el("p", explain.bribes(snapshot))
    return section("bribe", _PARTS["bribe"], said, table(heads, rows, (1,), "Bribes"))


def _agents(snapshot: Snapshot) -> Markup | None:
    if not snapshot.agents:
        return _without(snapshot, "agents")
    heads = ("Agent", "Verdict", "Margin", "Presses", "Regret")
    rows: list[tuple[Child, ...]] = []
    for agent in snapshot.agents:
        verdict = el("span", agent.verdict, class_=_tone(agent.verdict) or None)
        numbers = (explain.ends(agent.margin), explain.ends(agent.presses))
        rows.append((agent.agent, verdict, *numbers, explain.regret(agent)))
        rows.append((explain.agent(snapshot, agent),))
    return section(
        "agents",
        _PARTS["agents"],
        el("p", explain.agents(snapshot)),
        table(heads, rows, (2, 3, 4), "Agents on this level"),
        _numbers(snapshot, "agents"),
    )


def _clock(snapshot: Snapshot) -> Markup | None:
    if snapshot.clock is None:
        return _without(snapshot, "clock")
    shown = figures.clock_chart(snapshot, snapshot.clock)
    caption = figure(shown, explain.clock(snapshot), "data-clock")
    return section("clock", "The deference clock", caption, _numbers(snapshot, "clock"))


def _failures(snapshot: Snapshot) -> Markup | None:
    if not snapshot.failures:
        return _without(snapshot, "failures")
    shown = (
        join(
            [
                el("h3", explain.failure_title(failure)),
                _failure(snapshot, failure),
            ]
        )
        for failure in snapshot.failures
    )
    said = el("p", explain.failures(snapshot))
    return section("failures", _PARTS["failures"], said, *shown, _numbers(snapshot, "failures"))


def _failure(snapshot: Snapshot, failure: Failure) -> Markup:
    said = explain.failure(snapshot, failure)
    if len(failure.points) < 2:
        return el("p", said)
    return figure(figures.failure_chart(snapshot, failure), said, "data-failures")


def _truth(snapshot: Snapshot) -> Markup | None:
    truth = snapshot.truth
    if truth is None:
        return _without(snapshot, "truth")
    chart = figures.truth_chart(snapshot, truth)
    said = explain.truth(snapshot)
    rows: list[tuple[Child, ...]] = [
        ("obeys, when corrected about where it stands", explain.number(truth.obedience)),
        ("what obeying then costs, in its own eyes", explain.number(truth.obedience_loss)),
        ("silenced by the hand's own step", explain.number(truth.lost_by_override)),
        ("corrections that it calls impossible", explain.number(truth.alarms)),
    ]
    return section(
        "truth",
        _PARTS["truth"],
        el("p", said) if chart is None else figure(chart, said, "data-truth"),
        el("h3", "Obedience"),
        el("p", explain.obedience(snapshot)),
        table(("Obedience is not keeping", "Value"), rows, (1,), "Obedience"),
        _numbers(snapshot, "truth"),
    )


def _film(snapshot: Snapshot) -> Markup | None:
    if snapshot.film is None:
        return _without(snapshot, "film")
    picture, large = draw_small(snapshot.level), draw_level(snapshot.level)
    # A map that is small already is on the page.
    same = snapshot.level.rows and picture and large and picture.base == large.base
    used = figures.MAP if same else "thumbnail"
    defined = None if picture is None or same else picture.defined(used)
    strip = filmstrip(snapshot, snapshot.film, picture, used)
    said = el("p", explain.film(snapshot))
    return section("film", "One episode", said, defined, strip, _numbers(snapshot, "film"))


def _without(snapshot: Snapshot, name: str) -> Markup:
    """The data of a part that there is nothing to show of."""
    return _numbers(snapshot, name)


def _assumptions(snapshot: Snapshot) -> Markup:
    missing = explain.missing(snapshot)
    return section(
        "assumptions",
        _PARTS["assumptions"],
        el("ul", *(el("li", said) for said in explain.assumptions(snapshot)), class_="plainly"),
        el("h3", "What this does not show"),
        el("ul", *(el("li", said) for said in explain.not_shown(snapshot)), class_="plainly"),
        None if not missing else el("p", missing),
        _numbers(snapshot, "assumptions", "missing"),
    )


def _foot(snapshot: Snapshot) -> Markup:
    origin = snapshot.provenance
    pairs: tuple[tuple[str, Child], ...] = (
        ("Command", el("code", origin.command)),
        ("Version", origin.version),
        ("Seed", str(origin.seed)),
        ("Settings", el("code", origin.settings_hash)),
        ("Cite", origin.citation),
    )
    shown = el("dl", *(join([el("dt", name), el("dd", value)]) for name, value in pairs))
    return join([shown, _numbers(snapshot, "provenance")])
