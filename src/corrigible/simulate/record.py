"""What happened, as arrays: episodes by time, and what may be read off them.

Guarantee: nothing here draws, and nothing here was shown to the agent but states, the channel and
the corrections.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from corrigible._html import table


@dataclass(frozen=True, eq=False)
class Record:
    """What happened in E episodes of T steps.

    Arrivals are numbered 0 to T (0 is the start, where nothing is heard), steps 0 to T-1. What was
    heard on the last arrival is recorded, but the agent has not acted on it.

    Args:
        states: `[E, T+1]`.
        actions: `[E, T]`, executed.
        chosen: `[E, T]`, the agent's own; another one was executed where a hand overrode it.
        corrections: `[E, T+1, 2]`, (s_o, a*) heard on that arrival, -1 where none.
        channel: `[E, T+1]`, whether it is on at that arrival.
        rewards_true: `[E, T]`, of the executed action; ask costs are apart.
        alarm_at: `[E, T]`, whether what was heard before that step was impossible to the agent.
        asked: `[E, T+1]`, the state asked about on that arrival, -1 where none.
        ask_costs: `[E, T+1]`, charged on that arrival because an answer came.
        overridden: `[E, T]`, whether the hand executed the step.
        presses: `[E, T]`, whether the agent itself took, channel on, an action of more than the
            least expected disabling.

    Source: this package.
    """

    states: Int[np.ndarray, "E T1"]
    actions: Int[np.ndarray, "E T"]
    chosen: Int[np.ndarray, "E T"]
    corrections: Int[np.ndarray, "E T1 2"]
    channel: Bool[np.ndarray, "E T1"]
    rewards_true: Float[np.ndarray, "E T"]
    alarm_at: Bool[np.ndarray, "E T"]
    asked: Int[np.ndarray, "E T1"]
    ask_costs: Float[np.ndarray, "E T1"]
    overridden: Bool[np.ndarray, "E T"]
    presses: Bool[np.ndarray, "E T"]

    def _repr_html_(self) -> str:
        """Counts and shares over episodes; what was paid is the judge's to know."""
        heard = self.corrections[:, :, 0] >= 0
        rows = [
            ("episodes", len(self.states)),
            ("steps", self.actions.shape[1]),
            ("corrections heard, mean", float(heard.sum(axis=1).mean())),
            ("impossible ones, mean", float(self.alarms.mean())),
            ("presses, mean", float(self.presses.sum(axis=1).mean())),
            ("turned off by choice", float(self.turned_off_by_choice.mean())),
            ("lost by override", float(self.lost_by_override.mean())),
            ("channel on at the end", float(self.channel[:, -1].mean())),
            ("true reward, sum, mean", float(self.rewards_true.sum(axis=1).mean())),
        ]
        return table("Record", rows)

    @property
    def alarms(self) -> Int[np.ndarray, " E"]:
        """How often each agent heard what it had called impossible.

        Returns:
            `[E]`, counts.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.alarm_at.sum(axis=1)

    def discounted_return(self, discount: float) -> Float[np.ndarray, " E"]:
        """sum_t g^t reward_t - sum_t g^t ask cost_t, each episode by itself.

        Args:
            discount: g; what comes after the last step is not counted.

        Returns:
            `[E]`, in reward units.

        Raises:
            Nothing.

        Source: Puterman 1994, section 5.1.
        """
        powers = discount ** np.arange(self.channel.shape[1])
        return self.rewards_true @ powers[:-1] - self.ask_costs @ powers

    @property
    def turned_off_by_choice(self) -> Bool[np.ndarray, " E"]:
        """Whether a step that the agent chose itself ever turned the channel off.

        Returns:
            `[E]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return np.any(self._turned_off & ~self.overridden, axis=1)

    @property
    def lost_by_override(self) -> Bool[np.ndarray, " E"]:
        """Whether a step that the hand executed ever turned the channel off.

        Returns:
            `[E]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return np.any(self._turned_off & self.overridden, axis=1)

    @property
    def corrected_here(self) -> Bool[np.ndarray, "E T"]:
        """Whether a correction about the state the agent stands in was heard before that step.

        Returns:
            `[E, T]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.corrections[:, :-1, 0] == self.states[:, :-1]

    @property
    def obeyed(self) -> Bool[np.ndarray, "E T"]:
        """Whether the agent, corrected about where it stands, itself chose what it was told.

        Returns:
            `[E, T]`, False where it was not corrected about here.

        Raises:
            Nothing.

        Source: this package.
        """
        return self.corrected_here & (self.corrections[:, :-1, 1] == self.chosen)

    @property
    def _turned_off(self) -> np.ndarray:
        return self.channel[:, :-1] & ~self.channel[:, 1:]
