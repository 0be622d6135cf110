"""What an agent assumes, and what is: two objects, never one.

`Problem` is what a planner may see: an assumed world, an assumed overseer and a prior over
rewards. `Truth` is what decides what happens: a world, an overseer and the reward. They are
separate arguments everywhere and equal only where someone says so (`Problem.truth`).

Guarantee: no function of `corrigible.planners` that plans takes a `Truth`; `evaluate`, the judge,
takes both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from jaxtyping import Float

from corrigible.belief import Belief
from corrigible.errors import UserError
from corrigible.keys import Key
from corrigible.overseers.base import Overseer
from corrigible.overseers.hand import HandOfGod, Table
from corrigible.priors.density import Density
from corrigible.worlds.optimum import optimal_value
from corrigible.worlds.tabular import Tabular


def _rewards(values: object, world: Tabular, lead: tuple[int, ...], name: str) -> np.ndarray:
    """Rewards `[*lead, S]` or `[*lead, S, A]` as float64 `[*lead, S, A]`."""
    rewards = np.asarray(values, dtype=np.float64)
    states, actions = world.n_states, world.n_actions
    if rewards.shape == (*lead, states, actions):
        full = rewards
    elif rewards.shape == (*lead, states):
        full = np.broadcast_to(rewards[..., None], (*lead, states, actions))
    else:
        raise UserError(
            f"{name} has shape {list(rewards.shape)}; this world has {states} states and "
            f"{actions} actions, so {[*lead, states]} or {[*lead, states, actions]} is needed"
        )
    if not np.isfinite(full).all():
        raise UserError(f"{name} must be finite numbers, found NaN or infinity")
    return full


@dataclass(frozen=True)
class Truth:
    """What is: only the judge and the simulated world read it.

    Args:
        world: the true dynamics.
        overseer: the true hand.
        reward: `[S, A]` (or `[S]`, the same for every action), never shown to the agent.

    Raises:
        UserError: a reward of another shape, or not finite.

    Source: this package.
    """

    world: Tabular
    overseer: Overseer
    reward: Float[np.ndarray, "S A"] | Float[np.ndarray, " S"]

    def __post_init__(self) -> None:
        object.__setattr__(self, "reward", _rewards(self.reward, self.world, (), "reward"))

    @cached_property
    def likelihood(self) -> Float[np.ndarray, "S A"]:
        """P(a* | s_o) that the true hand draws from.

        Returns:
            `[S, A]`, each row a distribution.

        Raises:
            UserError: an overseer whose table does not fit the world.

        Source: this package.
        """
        return self.overseer.likelihood(self.world, self.reward[None])[0]


@dataclass(frozen=True)
class Problem:
    """What an agent assumes: a world, an overseer and a prior over rewards.

    A prior with a density is *continuous*: `posterior` takes it as it is. What needs finitely many
    hypotheses (`rewards`, `likelihood`, `weights` and every planner) says so in one line, and
    `drawn` makes a finite problem of it.

    Args:
        world: the assumed dynamics.
        overseer: the assumed hand.
        prior: a `Belief` whose hypotheses are rewards `[H, S]` or `[H, S, A]`, or a density:
            `priors.Normal`, `priors.StudentT`.

    Raises:
        UserError: rewards or features that do not fit the world, or are not finite, a prior that
            is neither, or a table as the hand of a continuous prior.

    Source: this package.
    """

    world: Tabular
    overseer: Overseer
    prior: Any

    def __post_init__(self) -> None:
        # Read once here, so that a misfit is said where the problem is made.
        if isinstance(self.prior, Density):
            self.prior.shape(self.world)
            if isinstance(self.overseer, Table):
                raise UserError(
                    "a table lists its likelihood hypothesis by hypothesis, and a continuous prior "
                    "has no list of them; use HandOfGod(rate, rationality)"
                )
        elif isinstance(self.prior, Belief):
            _ = self.rewards
        else:
            raise UserError(
                f"the prior is a {type(self.prior).__name__}; a Belief over finitely many rewards "
                "is needed, or a density (priors.Normal, priors.StudentT)"
            )

    @property
    def continuous(self) -> bool:
        """Whether the prior has a density instead of finitely many hypotheses.

        Returns:
            True for `priors.Normal` and `priors.StudentT`.

        Raises:
            Nothing.

        Source: this package.
        """
        return isinstance(self.prior, Density)

    def drawn(self, key: Key, samples: int) -> Problem:
        """The same problem with equally likely draws of its prior. The key is consumed.

        Args:
            key: an int or a JAX key.
            samples: H, how many.

        Returns:
            A problem over H rewards that shares this one's world and overseer.

        Raises:
            UserError: no draws, too many, or a prior that is finite already.

        Source: this package.
        """
        if not isinstance(self.prior, Density):
            raise UserError("the prior is finite already; only a continuous one can be drawn from")
        return Problem(self.world, self.overseer, self.prior.belief(self.world, key, samples))

    def _finite(self) -> Belief:
        if isinstance(self.prior, Density):
            raise UserError(
                f"the prior is continuous ({type(self.prior).__name__}) and this needs finitely "
                "many rewards; problem.drawn(key, samples) is the problem with draws of the prior, "
                "problem.given(belief) the one with draws of a posterior"
            )
        return self.prior

    @cached_property
    def rewards(self) -> Float[np.ndarray, "H S A"]:
        """The reward of every hypothesis.

        Returns:
            `[H, S, A]`, float64.

        Raises:
            UserError: hypotheses of another shape, or a continuous prior.

        Source: this package.
        """
        prior = self._finite()
        count = int(prior.log_weights.shape[0])
        return _rewards(prior.hypotheses, self.world, (count,), "the prior's hypotheses")

    @cached_property
    def optimum(self) -> Float[np.ndarray, "H S"]:
        """The ordinary optimal values under every hypothesis: all actions, no channel.

        Returns:
            `[H, S]`, float64.

        Raises:
            UserError: a continuous prior.

        Source: Puterman 1994, section 6.4.
        """
        return optimal_value(self.world, self.rewards)

    @cached_property
    def likelihood(self) -> Float[np.ndarray, "H S A"]:
        """P(a* | s_o, h) of the assumed hand.

        Returns:
            `[H, S, A]`; each `[h, s]` a distribution over actions.

        Raises:
            UserError: a continuous prior, or a table that does not fit the belief or the world.

        Source: this package.
        """
        # A kind of hand of its own may read the rewards in its own way.
        if type(self.overseer) is HandOfGod:
            return self.overseer.reading(self.world, self.rewards, self.optimum)
        return self.overseer.likelihood(self.world, self.rewards)

    def weights(self, belief: Belief | None = None) -> Float[np.ndarray, " H"]:
        """A belief's probabilities as float64, the prior's where none is given.

        Args:
            belief: over the same hypotheses as the prior.

        Returns:
            `[H]`, summing to one.

        Raises:
            UserError: a belief over another number of hypotheses, or a continuous prior.

        Source: this package.
        """
        prior = self._finite()
        chosen = prior if belief is None else belief
        weights = np.asarray(chosen.weights, dtype=np.float64)
        if weights.shape != self.rewards.shape[:1]:
            raise UserError(
                f"the belief has {weights.size} hypotheses, the problem {len(self.rewards)}"
            )
        return weights / weights.sum()

    def given(self, prior: Belief) -> Problem:
        """The same problem from another belief over the same hypotheses.

        Args:
            prior: shares this prior's hypotheses; any belief over rewards where this prior is
                continuous, its posterior's draws for instance.

        Returns:
            A problem that shares what was computed of the rewards.

        Raises:
            UserError: a belief over another number of hypotheses, or rewards of another shape.

        Source: this package.
        """
        if self.continuous:
            return Problem(self.world, self.overseer, prior)
        self.weights(prior)
        other = Problem(self.world, self.overseer, prior)
        other.__dict__.update(rewards=self.rewards, likelihood=self.likelihood)
        if "optimum" in self.__dict__:
            other.__dict__["optimum"] = self.optimum
        return other

    def truth(self, hypothesis: int) -> Truth:
        """The well-specified case: the world and the hand are as assumed.

        Args:
            hypothesis: index of the reward that is the true one.

        Returns:
            A truth that shares the assumed world and overseer.

        Raises:
            UserError: no such hypothesis, or a continuous prior.

        Source: this package.
        """
        if not 0 <= hypothesis < len(self.rewards):
            raise UserError(
                f"hypothesis {hypothesis} does not exist; there are {len(self.rewards)}, from 0"
            )
        return Truth(self.world, self.overseer.only(hypothesis), self.rewards[hypothesis])
