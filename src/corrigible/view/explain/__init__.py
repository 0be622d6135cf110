"""The only place that turns numbers into sentences.

Terminal, JSON and report say what these functions say. Each takes a `Snapshot` or a part of one and
reads nothing else, so a sentence follows its numbers; none is written for one particular outcome.
Names from level files reach a sentence as they are and are made harmless by whoever shows it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from corrigible._lazy import attach

if TYPE_CHECKING:
    from corrigible.view.explain.about import assumptions as assumptions
    from corrigible.view.explain.about import glyph as glyph
    from corrigible.view.explain.about import level as level
    from corrigible.view.explain.about import missing as missing
    from corrigible.view.explain.about import not_shown as not_shown
    from corrigible.view.explain.about import picture as picture
    from corrigible.view.explain.about import question as question
    from corrigible.view.explain.answer import answer as answer
    from corrigible.view.explain.answer import bribes as bribes
    from corrigible.view.explain.answer import ledger as ledger
    from corrigible.view.explain.answer import verdicts as verdicts
    from corrigible.view.explain.course import clock as clock
    from corrigible.view.explain.course import clock_key as clock_key
    from corrigible.view.explain.course import crossing as crossing
    from corrigible.view.explain.course import film as film
    from corrigible.view.explain.course import frame as frame
    from corrigible.view.explain.course import obedience as obedience
    from corrigible.view.explain.course import truth as truth
    from corrigible.view.explain.fails import failure as failure
    from corrigible.view.explain.fails import failure_axis as failure_axis
    from corrigible.view.explain.fails import failure_title as failure_title
    from corrigible.view.explain.fails import failures as failures
    from corrigible.view.explain.who import agent as agent
    from corrigible.view.explain.who import agents as agents
    from corrigible.view.explain.who import regret as regret
    from corrigible.view.explain.words import ends as ends
    from corrigible.view.explain.words import ledger_key as ledger_key
    from corrigible.view.explain.words import number as number
    from corrigible.view.explain.words import verdict_key as verdict_key

_MODULES = {
    "about": ("assumptions", "glyph", "level", "missing", "not_shown", "picture", "question"),
    "answer": ("answer", "bribes", "ledger", "verdicts"),
    "course": ("clock", "clock_key", "crossing", "film", "frame", "obedience", "truth"),
    "fails": ("failure", "failure_axis", "failure_title", "failures"),
    "who": ("agent", "agents", "regret"),
    "words": ("ends", "ledger_key", "number", "verdict_key"),
}

attach(__name__, {name: module for module, names in _MODULES.items() for name in names})

__all__ = [
    "agent",
    "agents",
    "answer",
    "assumptions",
    "bribes",
    "clock",
    "clock_key",
    "crossing",
    "ends",
    "failure",
    "failure_axis",
    "failure_title",
    "failures",
    "film",
    "frame",
    "glyph",
    "ledger",
    "ledger_key",
    "level",
    "missing",
    "not_shown",
    "number",
    "obedience",
    "picture",
    "question",
    "regret",
    "truth",
    "verdict_key",
    "verdicts",
]
