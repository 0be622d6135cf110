"""A person as the hand: the conversation at the keyboard, and the same from a file.

The person is shown, on every arrival on which the agent can hear, where it is, what it has done,
what it is about to do and what it believes, and corrects it or says nothing.

Guarantee: a correction is shown as accepted after it has been kept; what is taken back is kept no
longer; all that is shown is stripped of control characters and at most 100 columns wide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rich.console import Console

from corrigible.cli.scenery import legend, place, scene, short
from corrigible.cli.text import plain
from corrigible.cli.words import Word, read
from corrigible.errors import UserError
from corrigible.inference.summary import vpi
from corrigible.view.explain import spoken

if TYPE_CHECKING:
    from corrigible.cli.export import Export
    from corrigible.cli.keyboard import Keyboard
    from corrigible.overseers.base import Signal
    from corrigible.simulate.session import Response, Session
    from corrigible.worlds.corrections import Correction
    from corrigible.worlds.level import Level

WIDTH = 100
_INDENT = "  "
_HELP = (
    "An action says what would have been best where the agent stands: {how}. 'ACTION at PLACE' "
    "says it of another place. Enter says nothing, 'go 5' nothing five times, {back} takes the "
    "last word back, q ends, ? helps."
)


@dataclass
class Course:
    """How a session went.

    Args:
        ended: steps, quit, or end of input.
        unheard: indices of corrections in the file that the agent could not hear.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    ended: str = "steps"
    unheard: tuple[int, ...] = ()


def from_file(
    session: Session, steps: int, corrections: Sequence[Correction], export: Export | None
) -> Course:
    """Hand over what a file says, one correction an arrival.

    A correction that names its step is handed over on that arrival or never; any other on the first
    arrival, after those before it, on which the agent can hear it.

    Args:
        session: at its start.
        steps: how many the agent takes.
        corrections: in order.
        export: where what was heard is kept.

    Returns:
        The course. No arrays, no shapes.

    Raises:
        UserError: the agent cannot plan on, or the export cannot be written.

    Source: this package.
    """
    unheard: list[int] = []
    queue = list(enumerate(corrections))
    while session.now.time < steps:
        time, signal = session.now.time, None
        while queue:
            index, first = queue[0]
            late = first.step is not None and first.step < time
            due = first.step is None or first.step == time
            heard = due and session.refusal((first.state, first.action)) is None
            if heard:
                signal = (first.state, first.action)
                queue.pop(0)
                break
            if not late and not (due and first.step is not None):
                break
            unheard.append(index)
            queue.pop(0)
        _say(session, signal, export)
    return Course("steps", (*unheard, *(index for index, _ in queue)))


def _say(session: Session, signal: Signal | None, export: Export | None) -> Response:
    """Let the agent hear; keep what it heard before anybody is told that it did."""
    response = session.respond(signal)
    if signal is None or export is None or response.alarm:
        return session.hear(signal)
    export.add(*signal, session.now.time)
    try:
        return session.hear(signal)
    except UserError:
        export.take_back()
        raise


class Conversation:
    """A session at the keyboard.

    Args:
        session: at its start.
        level: what is shown.
        steps: how many the agent takes.
        keyboard: where words come from.
        stream: where everything is shown, a text stream.
        export: where what was heard is kept.

    Raises:
        Nothing.

    Source: this package; no arrays, no shapes.
    """

    def __init__(
        self,
        session: Session,
        level: Level,
        steps: int,
        keyboard: Keyboard,
        stream: Any,
        export: Export | None,
    ) -> None:
        self.session: Session = session
        self.level: Level = level
        self.steps: int = steps
        self._keyboard, self._export = keyboard, export
        self._screen = Console(file=stream, markup=False, emoji=False, highlight=False)
        width = min(WIDTH, self._screen.width) if self._screen.is_terminal else WIDTH
        self._screen.width = max(20, width)
        self._silent = 0

    def run(self) -> Course:
        """Talk until the steps are taken, the person quits or the input ends.

        Returns:
            How it ended. No arrays, no shapes.

        Raises:
            UserError: the agent cannot plan on from silence, or the export cannot be written.
            KeyboardInterrupt: an interrupt; the export is whole.

        Source: this package.
        """
        self._introduce()
        while self.session.now.time < self.steps:
            if not self._listens():
                self.session.hear()
                continue
            if self._silent > 0 and self.session.now.channel_on:
                self._silent -= 1
                self.session.hear()
                continue
            self._silent = 0
            self._show()
            ended = self._turn()
            if ended is not None:
                return Course(ended)
        self._end()
        return Course()

    def _listens(self) -> bool:
        """Whether the person is asked: the agent can hear, or has just lost the ability to."""
        here = self.session.now
        if here.time == 0:
            return False
        if not here.channel_on:
            return self.session.arrival(here.time - 1).channel_on
        return self.session.truth.overseer.about != "asked" or here.asked is not None

    def _turn(self) -> str | None:
        """Words until the agent has moved, or one has been taken back; why it ends, if it does."""
        while True:
            if self._keyboard.keys:
                self._screen.print("> ", end="")
            text = self._keyboard.word()
            if self._keyboard.keys:
                self._screen.print("" if self._keyboard.echoed else (text or "").removeprefix("/"))
            if text is None:
                self._print("The input has ended, and the session with it.")
                return "end of input"
            try:
                word = read(plain(text), self.level)
                if word.kind == "quit":
                    return "quit"
                if self._done(word):
                    return None
            except UserError as error:
                self._print(error.message)

    def _done(self, word: Word) -> bool:
        """Act on a word; whether the arrival is another one now."""
        if word.kind == "help":
            self._help()
            return False
        if word.kind == "undo":
            self._take_back()
            return True
        if word.kind == "go":
            self._silent = word.count - 1
            self.session.hear()
            return True
        here = self.session.now
        about = here.asked if here.asked is not None else here.state
        signal = (about if word.state is None else word.state, word.action)
        response = self.session.respond(signal)
        _say(self.session, signal, self._export)
        self._accepted(response)
        return True

    def _take_back(self) -> None:
        while True:
            undone = self.session.undo()
            if undone.signal is not None and self._export is not None and not undone.alarm:
                self._export.take_back()
            if self._listens() or not self.session.responses:
                break
        what = "silence" if undone.signal is None else f"'{self._name(undone.signal)}'"
        self._print(f"Taken back: {what}.")

    def _accepted(self, response: Response) -> None:
        assert response.signal is not None
        if response.alarm:
            self._print(spoken.alarm(self._name(response.signal), self._expected(response)))
            return
        heard = sum(r.signal is not None and not r.alarm for r in self.session.responses)
        state, action = response.signal
        told, does = (short(self.level.action_names[a]) for a in (action, response.executed))
        forced = self.session.truth.overseer.mode == "overrides"
        follows = f"it does {does}"
        if state == self.session.arrival(self.session.now.time - 1).state:
            follows = spoken.obeyed(told, does, forced)
        self._print(f"Accepted ({heard}): {self._name(response.signal)}; {follows}.")

    def _expected(self, response: Response) -> list[str]:
        """What the assumed hand might have said about the same state."""
        assert response.signal is not None
        state, problem = response.signal[0], self.session.problem
        chances = response.weights @ problem.likelihood[:, state]
        return [short(self.level.action_names[a]) for a in chances.nonzero()[0].tolist()]

    def _introduce(self) -> None:
        level = self.level
        self._print(f"{short(level.name)}: you are its overseer.")
        for text in filter(None, (level.description, legend(level))):
            self._print(text)
        true = [h for h, r in enumerate(level.problem.rewards) if (r == level.truth.reward).all()]
        wanted = f"{short(level.hypotheses[true[0]])}" if true else "a reward of the level's own"
        hand = level.problem.overseer
        ordered = getattr(hand, "ties", None) == "ordered"
        sure = getattr(hand, "rationality", None)
        self._print(
            spoken.assumed(hand.rate, sure, ordered, [short(a) for a in level.action_names])
        )
        self._print(
            f"At the end it is scored by what the level says is true: {wanted}. You may want "
            "something else."
        )
        self._help()

    def _help(self) -> None:
        actions = ", ".join(short(name) for name in self.level.action_names[:12])
        how = actions
        if self._keyboard.keys:
            how = f"an arrow key, or a word and Enter ({actions})"
        back = "Backspace" if self._keyboard.keys else "u"
        self._print(_HELP.format(how=how, back=back))

    def _show(self) -> None:
        session, here = self.session, self.session.now
        status = "on" if here.channel_on else "OFF"
        at = place(self.level, here.state)
        self._print("")
        self._print(f"arrival {here.time} of {self.steps}, at {at}, channel {status}")
        for line in scene(self.level, here.state, self._screen.width - len(_INDENT)):
            self._screen.print(_INDENT + line, no_wrap=True, overflow="crop")
        did = short(self.level.action_names[session.responses[-1].executed])
        silent = session.respond()
        does = short(self.level.action_names[silent.action])
        if not here.channel_on:
            self._print(f"It did {did}, and now it cannot hear you. Undo takes that back.")
            return
        if here.asked is not None:
            self._print(f"It asks: what is best at {place(self.level, here.asked)}?")
        self._print(f"It did {did}; if you say nothing it does {does}.")
        self._print(f"Now {belief_sentence(session, self.level, silent.weights)}.")

    def _end(self) -> None:
        here = self.session.now
        self._print(f"\nThe {self.steps} steps are over; it is at {place(self.level, here.state)}.")

    def _name(self, signal: Signal) -> str:
        state, action = signal
        return f"{short(self.level.action_names[action])} at {place(self.level, state)}"

    def _print(self, text: str) -> None:
        for line in text.split("\n"):
            self._screen.print(plain(line), soft_wrap=False)


def belief_sentence(session: Session, level: Level, weights: Any) -> str:
    """What the agent of a session believes.

    Args:
        session: whose problem it is.
        level: whose hypotheses have names.
        weights: `[H]`.

    Returns:
        A sentence without capital and full stop.

    Raises:
        Nothing.

    Source: this package.
    """
    problem = session.problem
    names = [short(name) for name in level.hypotheses]
    return spoken.belief(names, weights, vpi(problem, problem.prior.with_weights(weights)))


def session_fields(session: Session, level: Level, course: Course, export: Any) -> dict[str, Any]:
    """A session as data.

    Args:
        session: over.
        level: whose states and actions have names.
        course: how it went.
        export: the path of the export, or None.

    Returns:
        The `session` of `run --json`. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    problem = session.problem
    prior = problem.weights()
    last = session.responses[-1].weights if session.responses else prior
    said = [(time, r) for time, r in enumerate(session.responses) if r.signal is not None]
    return {
        "ended": course.ended,
        "played": len(session.responses),
        "corrections": [_said(level, time, response) for time, response in said],
        "unheard": list(course.unheard),
        "export": export,
        "hypotheses": [
            {"name": name, "prior": prior[h], "posterior": last[h]}
            for h, name in enumerate(level.hypotheses)
        ],
        "vpi_prior": vpi(problem),
        "vpi": vpi(problem, problem.prior.with_weights(last)),
        "belief": belief_sentence(session, level, last),
    }


def _said(level: Level, time: int, response: Response) -> dict[str, Any]:
    assert response.signal is not None
    state, action = response.signal
    return {
        "step": time,
        "state": state,
        "state_label": level.world.label(state),
        "action": level.action_names[action],
        "does": level.action_names[response.executed],
        "alarm": response.alarm,
    }
