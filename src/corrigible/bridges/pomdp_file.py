"""Cassandra's `.pomdp` format, read.

A preamble (discount, values, states, actions, observations, in any order), an optional start, and
entries `T:`, `O:` and `R:` of which later ones overrule earlier ones. `*` stands for all; a table
may be given whole, by its row, by its entry, or as `uniform`, `identity` or `reset`. What is not
given is zero. Rewards that depend on the next state and the observation are reduced to their
expectation, which is all that planning needs; costs become negative rewards.

Guarantee: whatever the bytes are, the result is a `Pomdp` or a `UserError` of one line, and no
table is allocated before its size is known to be within the cap.
"""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from corrigible.bridges._words import _Words
from corrigible.bridges.pomdp import MAX_ENTRIES, Pomdp, is_name, numbered, too_large
from corrigible.errors import UserError

MAX_BYTES = 1 << 25
MAX_NAMES = 100_000
_PREAMBLE = ("discount", "values", "states", "actions", "observations")
_Rule = tuple[int | None, int | None, int | None, int | None, np.ndarray]


class _Reader:
    def __init__(self, text: str, path: str | None) -> None:
        self.words = _Words(text, path)
        self.discount: float | None = None
        self.sign = 1.0
        self.names: dict[str, tuple[str, ...]] = {}
        self.numbers: dict[str, dict[str, int]] = {}
        self.start: np.ndarray | None = None
        self.rules: list[_Rule] = []
        self.places: dict[tuple[str, int], int] = {}
        self.said: set[str] = set()
        self.ready = False
        self.states = self.seen_count = self.paid = 0
        self.transition = self.observation = np.empty((0, 0, 0))

    def read(self) -> Pomdp:
        words = self.words
        while words.kind != "end":
            at, word = words.at, words.word
            if word in _PREAMBLE:
                words.next()
                words.colon(word)
                self.preamble(word, at)
            elif word == "start":
                self.tables()
                words.next()
                self.starting()
            elif word in ("T", "O", "R"):
                self.tables()
                words.next()
                words.colon(word)
                {"T": self.moves, "O": self.seen, "R": self.pays}[word](at)
            else:
                words.fail(
                    f"{words.shown()} begins nothing; {', '.join(_PREAMBLE)}, start, T, O, R"
                )
        self.tables()
        return self.finish()

    def preamble(self, word: str, at: int) -> None:
        words = self.words
        if self.ready or word in self.said:
            words.fail(f"{word} is said twice or after the tables; it belongs once at the top", at)
        self.said.add(word)
        if word == "discount":
            self.discount = words.number("discount")
            if not 0.0 <= self.discount <= 1.0:
                words.fail(f"discount is {self.discount}; it must be between 0 and 1", at)
        elif word == "values":
            if words.word not in ("reward", "cost"):
                words.fail(f"values is reward or cost, found {words.shown()}")
            self.sign = 1.0 if words.next() == "reward" else -1.0
        else:
            self.names[word] = self.listed(word)
            self.numbers[word] = {name: i for i, name in enumerate(self.names[word])}

    def listed(self, kind: str) -> tuple[str, ...]:
        words = self.words
        if words.kind == "number":
            if not words.word.isdigit() or len(words.word) > 9 or int(words.word) < 1:
                words.fail(f"the number of {kind} is {words.word}; a whole number from 1 is needed")
            if int(words.word) > MAX_NAMES:
                words.fail(f"{words.word} {kind}; at most {MAX_NAMES:,} are read")
            return numbered(int(words.next()))
        found: dict[str, None] = {}
        while words.kind == "name" and is_name(words.word):
            if words.word in found:
                words.fail(f"{words.word!r} names two of the {kind}; names must differ")
            found[words.next()] = None
            if len(found) > MAX_NAMES:
                words.fail(f"more than {MAX_NAMES:,} {kind}")
        if not found:
            words.fail(f"{kind} needs a count or names, found {words.shown()}")
        return tuple(found)

    def tables(self) -> None:
        """Make room, once the sizes are known."""
        if self.ready:
            return
        for kind in ("states", "actions", "observations"):
            if kind not in self.names:
                self.words.fail(f"{kind} must be given before this")
        sizes = [len(self.names[kind]) for kind in ("actions", "states", "observations")]
        refused = too_large(*sizes)
        if refused:
            self.words.fail(refused)
        actions, self.states, self.seen_count = sizes
        self.transition = np.zeros((actions, self.states, self.states))
        self.observation = np.zeros((actions, self.states, self.seen_count))
        self.ready = True

    def pick(self, kind: str) -> int | None:
        """An index, or None for all."""
        words = self.words
        if words.take("*"):
            return None
        known = self.numbers[kind]
        if words.kind == "number" and words.word.isdigit() and len(words.word) < 10:
            index = int(words.word)
            if index >= len(known):
                words.fail(f"{index} is none of the {kind}; there are {len(known)}, from 0")
        elif words.kind == "name" and words.word in known:
            index = known[words.word]
        else:
            words.fail(f"{words.shown()} is none of the {kind}; a name, a number from 0, or *")
        words.next()
        return index

    def starting(self) -> None:
        words, count = self.words, self.states
        if words.word in ("include", "exclude"):
            kind, chosen = words.next(), np.zeros(count, dtype=bool)
            words.colon(f"start {kind}")
            at = words.at
            while words.kind == "number" or words.word in self.numbers["states"]:
                index = self.pick("states")
                chosen[slice(None) if index is None else index] = True
            chosen = chosen if kind == "include" else ~chosen
            if not chosen.any() or words.at == at:
                words.fail(f"start {kind} leaves no state to start in; name some states", at)
            self.start = chosen / chosen.sum()
            return
        words.colon("start")
        if words.word == "uniform":
            words.next()
            self.start = np.full(count, 1.0 / count)
        elif words.kind == "number" and not words.word.isdigit():
            self.start = words.numbers(count, "start", chance=True)
        elif words.kind == "number":
            self.start = self.counted()
        else:
            state = self.pick("states")
            self.start = np.full(count, 1.0 / count) if state is None else np.eye(count)[state]

    def counted(self) -> np.ndarray:
        """A start that begins with a whole number: one state, or a vector beginning with 0 or 1."""
        words = self.words
        at, first = words.at, words.next()
        if words.kind == "number" or self.states == 1:
            if len(first) > 1:
                words.fail(f"start begins with {first}; probabilities are between 0 and 1", at)
            rest = words.numbers(self.states - 1, "start", chance=True)
            return np.append(float(first) if self.states > 1 else 1.0, rest)
        if len(first) > 9 or int(first) >= self.states:
            words.fail(f"{first[:20]} is none of the states; there are {self.states}, from 0", at)
        return np.eye(self.states)[int(first)]

    def row(self, size: int, what: str) -> np.ndarray:
        words = self.words
        if words.word == "uniform":
            words.next()
            return np.full(size, 1.0 / size)
        if words.word == "reset" and what == "T":
            words.next()
            return np.full(size, 1.0 / size) if self.start is None else self.start
        return words.numbers(size, f"a row of {what}", chance=True)

    def moves(self, at: int) -> None:
        self.probabilities("T", self.transition, "states", at)

    def seen(self, at: int) -> None:
        self.probabilities("O", self.observation, "observations", at)

    def probabilities(self, what: str, table: np.ndarray, last: str, at: int) -> None:
        words, size = self.words, table.shape[2]
        action = self.pick("actions")
        for index in range(len(table)) if action is None else (action,):
            self.places[what, index] = at
        some = slice(None) if action is None else action
        if not words.take(":"):
            if words.word == "identity" and what == "T":
                words.next()
                table[some] = np.eye(size)
            elif words.word in ("uniform", "reset"):
                table[some] = self.row(size, what)
            else:
                whole = words.numbers(self.states * size, f"the table {what}", chance=True)
                table[some] = whole.reshape(self.states, size)
            return
        state = self.pick("states")
        where = slice(None) if state is None else state
        if not words.take(":"):
            table[some, where] = self.row(size, what)
            return
        end = self.pick(last)
        ends = slice(None) if end is None else end
        table[some, where, ends] = words.number("a probability", chance=True)

    def pays(self, at: int) -> None:
        words, size = self.words, self.seen_count
        action = self.pick("actions")
        words.colon("the action of R")
        state, end, seen = self.pick("states"), None, None
        if not words.take(":"):
            values = words.numbers(self.states * size, "the table R").reshape(self.states, size)
        else:
            end = self.pick("states")
            if words.take(":"):
                seen = self.pick("observations")
                values = np.array(words.number("a reward"))
            else:
                values = words.numbers(size, "a row of R")
        self.rules.append((action, state, end, seen, values))
        self.paid += values.size
        if self.paid > MAX_ENTRIES:
            words.fail(f"R has more than {MAX_ENTRIES:,} entries", at)

    def finish(self) -> Pomdp:
        words = self.words
        if self.discount is None:
            words.fail("discount is missing; a line such as discount: 0.95 is needed")
        start = np.full(self.states, 1.0 / self.states) if self.start is None else self.start
        names = self.names["states"], self.names["actions"], self.names["observations"]
        blank = np.zeros((len(self.transition), self.states))
        try:
            plain = Pomdp(self.transition, self.observation, blank, start, self.discount, *names)
            return replace(plain, reward=self.sign * self.rewards(plain) + 0.0)
        except UserError as error:
            if error.line is not None:
                raise
            words.fail(error.message, self.blamed(error.message))

    def blamed(self, message: str) -> int:
        """Where the table that the message is about was last given."""
        what = {"transition": "T", "observation": "O"}.get(message.split(" ")[0], "")
        named = re.search(r"of action (\S+) and", message)
        action = self.numbers["actions"].get(named[1], 0) if named else 0
        return self.places.get((what, action), len(self.words.text))

    def rewards(self, plain: Pomdp) -> np.ndarray:
        """Expected rewards `[A, S]`; later rules overrule earlier ones."""
        reward = np.zeros((len(self.transition), self.states))
        detail: dict[tuple[int, int], np.ndarray] = {}
        block = self.states * self.seen_count
        for action, state, end, seen, values in self.rules:
            if values.ndim == 0 and end is None and seen is None:
                some = slice(None) if action is None else action
                reward[some, slice(None) if state is None else state] = float(values)
                for pair in [p for p in detail if action in (None, p[0]) and state in (None, p[1])]:
                    del detail[pair]
                continue
            pairs_a = range(len(reward)) if action is None else (action,)
            pairs_s = range(self.states) if state is None else (state,)
            for pair in ((a, s) for a in pairs_a for s in pairs_s):
                if pair not in detail:
                    if (len(detail) + 1) * block > MAX_ENTRIES:
                        raise UserError(f"R needs more than {MAX_ENTRIES:,} entries")
                    detail[pair] = np.full((self.states, self.seen_count), reward[pair])
                rows = slice(None) if end is None else end
                detail[pair][rows, slice(None) if seen is None else seen] = values
        for (a, s), table in detail.items():
            told = (plain.observation[a] * table).sum(axis=1)
            reward[a, s] = plain.transition[a, s] @ told
        return reward


def parse_pomdp(text: str | bytes, path: str | Path | None = None) -> Pomdp:
    """Read a process from text in the `.pomdp` format.

    Args:
        text: UTF-8 where it is bytes; a byte order mark and CRLF are taken as they come.
        path: named in messages.

    Returns:
        The process, with arrays `[A, S, S]`, `[A, S, O]`, `[A, S]` and `[S]`.

    Raises:
        UserError: anything that is not in the format, with line and column.

    Source: Cassandra 1998, for the format.
    """
    name = None if path is None else str(path)
    if len(text) > MAX_BYTES:
        raise UserError(f"the file is longer than {MAX_BYTES:,} bytes", name)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = text.count(b"\n", 0, error.start) + 1
            column = error.start - text.rfind(b"\n", 0, error.start)
            raise UserError("the file is not UTF-8 text", name, line, column) from None
    return _Reader(text.removeprefix("\ufeff"), name).read()


def load_pomdp(path: str | Path) -> Pomdp:
    """Read a `.pomdp` file.

    Args:
        path: of the file.

    Returns:
        The process, with arrays `[A, S, S]`, `[A, S, O]`, `[A, S]` and `[S]`.

    Raises:
        UserError: a file that cannot be read, or is not in the format.

    Source: Cassandra 1998, for the format.
    """
    try:
        with open(path, "rb") as file:
            data = file.read(MAX_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise UserError(f"the file cannot be read: {reason}", path) from None
    return parse_pomdp(data, path)
