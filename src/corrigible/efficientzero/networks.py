"""The networks: representation h, dynamics g with its reward head, prediction f, and a projection.

    state_0 = h(observation)     state_k+1 = g(state_k, action_k)     policy, value = f(state_k)

What the parts are made of is in `architectures`; what calls them sees batches and statistics (see
`layers`).

Guarantee: with running statistics every row of a batch is treated alone.
"""

from __future__ import annotations

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jaxtyping import Array, Float, Int

from corrigible.efficientzero.layers import Chain, Layer, Statistics

Memory = tuple[Float[Array, "B L"], Float[Array, "B L"]]


class Network(eqx.Module):
    """Every weight of an agent; statistics apart.

    Args:
        represent: h, from observations to states.
        mix: the dynamics up to the sum with the previous state.
        evolve: the dynamics after it.
        squeeze: from states to what the memory of the reward head reads.
        memory: the LSTM of the reward head.
        reward: from its output to atoms.
        trunk: what value and policy share.
        value: from the trunk to atoms.
        policy: from the trunk to A logits.
        project: from states to the space in which they are compared.
        foresee: from there to the comparison's other side.
        actions: how many there are.
        planes: actions enter as one plane a/A (the paper), or one-hot.
        divisor: observations are divided by it.

    Source: Ye et al. 2021, appendix A.1.
    """

    represent: Chain
    mix: Chain
    evolve: Layer
    squeeze: Chain
    memory: eqx.nn.LSTMCell
    reward: Chain
    trunk: Layer
    value: Chain
    policy: Chain
    project: Chain
    foresee: Chain
    actions: int = eqx.field(static=True)
    planes: Literal["scaled", "one-hot"] = eqx.field(static=True)
    divisor: float = eqx.field(static=True)

    def initial(self) -> Statistics:
        """Statistics before anything was seen.

        Returns:
            part -> its statistics; leaves are `[C]`.

        Raises:
            Nothing.

        Source: this package.
        """
        return {name: getattr(self, name).initial() for name in PARTS}

    def start(self, count: int) -> Memory:
        """The reward head's memory at a reset.

        Args:
            count: of the batch, B.

        Returns:
            Two arrays of zeros, `[B, L]`.

        Raises:
            Nothing.

        Source: Ye et al. 2021, section 4.2.
        """
        empty = jnp.zeros((count, self.memory.hidden_size))
        return empty, empty


PARTS = (
    "represent", "mix", "evolve", "squeeze", "reward", "trunk", "value", "policy", "project",
    "foresee",
)  # fmt: skip


class Weights(eqx.Module):
    """A network and the statistics that it measured: what acts.

    Args:
        network: the weights.
        statistics: part -> running statistics.

    Source: this package.
    """

    network: Network
    statistics: Statistics

    def part(self, name: str, x: Array, train: bool) -> tuple[Array, Weights]:
        """One part of the network at x.

        Args:
            name: of the part.
            x: a batch, `[B, ...]`.
            train: measure statistics instead of using the running ones.

        Returns:
            (what the part says, `[B, ...]`, the weights with the statistics as they are now).

        Raises:
            Nothing.

        Source: this package.
        """
        y, seen = getattr(self.network, name)(x, self.statistics[name], train)
        return y, Weights(self.network, {**self.statistics, name: seen})

    def represent(self, observation: Array, train: bool = False) -> tuple[Array, Weights]:
        """h: the state that an observation shows.

        Args:
            observation: `[B, ...]`, floats or bytes.
            train: measure statistics.

        Returns:
            (state `[B, ...]`, weights).

        Raises:
            Nothing.

        Source: Ye et al. 2021, appendix A.1.
        """
        x = observation.astype(float) / self.network.divisor
        return self.part("represent", x, train)

    def evolve(
        self, state: Array, action: Int[Array, " B"], train: bool = False
    ) -> tuple[Array, Weights]:
        """g: the state that an action leads to.

        Args:
            state: `[B, ...]`.
            action: `[B]`.
            train: measure statistics.

        Returns:
            (state `[B, ...]`, weights).

        Raises:
            Nothing.

        Source: Ye et al. 2021, appendix A.1.
        """
        count = self.network.actions
        if self.network.planes == "scaled":
            code = (action.astype(float) / count)[:, None]
        else:
            code = jax.nn.one_hot(action, count)
        middle = (1,) * (state.ndim - 2)
        code = code.reshape(code.shape[0], *middle, code.shape[1])
        planes = jnp.broadcast_to(code, (*state.shape[:-1], code.shape[-1]))
        change, weights = self.part("mix", jnp.concatenate([state, planes], axis=-1), train)
        return weights.part("evolve", jax.nn.relu(state + change), train)

    def reward(
        self, state: Array, memory: Memory, train: bool = False
    ) -> tuple[Float[Array, "B atoms"], Memory, Weights]:
        """The value prefix at a state, in atoms.

        Args:
            state: `[B, ...]`, of the step that was paid.
            memory: of the step before, two arrays `[B, L]`.
            train: measure statistics.

        Returns:
            (logits `[B, atoms]`, memory, weights).

        Raises:
            Nothing.

        Source: Ye et al. 2021, section 4.2.
        """
        x, weights = self.part("squeeze", state, train)
        memory = jax.vmap(self.network.memory)(x, memory)
        logits, weights = weights.part("reward", memory[0], train)
        return logits, memory, weights

    def predict(
        self, state: Array, train: bool = False
    ) -> tuple[Float[Array, "B A"], Float[Array, "B atoms"], Weights]:
        """f: what to do in a state, and what it is worth.

        Args:
            state: `[B, ...]`.
            train: measure statistics.

        Returns:
            (policy logits `[B, A]`, value logits `[B, atoms]`, weights).

        Raises:
            Nothing.

        Source: Ye et al. 2021, appendix A.1.
        """
        x, weights = self.part("trunk", state, train)
        policy, weights = weights.part("policy", x, train)
        value, weights = weights.part("value", x, train)
        return policy, value, weights
