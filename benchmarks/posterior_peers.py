"""What other people sample reward posteriors with: PolicyWalk and NUTS, each done well in JAX.

Both sample r in R^S, independent N(0, scale^2), given corrections by a Boltzmann hand,

    p(r | corrections) ~ prod_s N(r_s; 0, scale^2) prod_(s, a) softmax_a(beta Q*_r(s, .))^n(s, a),

with n(s, a) the number of corrections: neither looks at them one by one. Reward is per state, so
Q*(s, a) = r(s) + g sum_s' P(s'|s, a) V(s').

`policy_walk` is Ramachandran & Amir 2007, section 6 (PolicyWalk): a random walk over rewards that
changes one reward at a time and keeps the policy that was optimal for the reward it comes from.
Where theirs goes to a neighbour on a grid, the step here is a normal one, tuned to an acceptance of
.44. `shaped_walk` is more than was published: all rewards at once, by the covariance of what the
chains drew while they were tuned (Haario, Saksman & Tamminen 2001), to an acceptance of .234.
For both (I - g P_pi)^-1 is kept, so a proposal's value is one product away, and where the policy is
no longer optimal one state at a time is improved, each a rank-one update, O(S^2). Nothing is solved
from scratch but once in 16 proposals, against rounding.

`nuts` is blackjax's No-U-Turn sampler (Hoffman & Gelman 2014) with its window adaptation, all
chains in one vmap. Its density is by policy iteration, its gradient by one adjoint solve (the
implicit function theorem), not by differentiating through the iterations.

None draws after its budget; adaptation counts towards it, compilation is measured apart.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from corrigible.worlds import Tabular

# By name: only what runs a benchmark has it installed.
blackjax: Any = importlib.import_module("blackjax")

GAIN = 1e-4
ADAPTING = 0.3
ACCEPTED = {"one": 0.44, "all": 0.234}
STEPS_OF_NUTS = 500
LENGTH = 16


@dataclass(frozen=True)
class Run:
    """What a peer drew: `draws` [chains, n, S]; `seconds` in all, `compiling` apart from them."""

    draws: np.ndarray
    seconds: float
    compiling: float


class Setting(NamedTuple):
    """A posterior as arrays: successors [S, A, K] with chances, n [S, A], discount, beta, scale."""

    successors: jax.Array
    chances: jax.Array
    counts: jax.Array
    discount: jax.Array
    rationality: jax.Array
    scale: jax.Array


Peer = Callable[[Setting, int, float], Run]


def setting(world: Tabular, counts: np.ndarray, rationality: float, scale: float) -> Setting:
    """A world's successors side by side, as many as its widest step has."""
    table = world.dense().reshape(-1, world.n_states)
    width = int((table > 0.0).sum(axis=1).max())
    successors = np.argsort(-table, axis=1, kind="stable")[:, :width].astype(np.int32)
    chances = np.take_along_axis(table, successors, axis=1)
    shape = (world.n_states, world.n_actions, width)
    single = partial(jnp.asarray, dtype=jnp.float32)
    return Setting(
        jnp.asarray(successors.reshape(shape)),
        jnp.asarray(chances.reshape(shape)),
        single(counts),
        single(world.discount),
        single(rationality),
        single(scale),
    )


def after(given: Setting, value: jax.Array) -> jax.Array:
    """g sum_s' P(s'|s, a) V(s'), [S, A]."""
    return given.discount * (given.chances * value[given.successors]).sum(axis=2)


def log_density(given: Setting, reward: jax.Array, value: jax.Array) -> jax.Array:
    """Up to a constant, at a reward whose optimal value is known."""
    chosen = jax.nn.log_softmax(given.rationality * after(given, value), axis=1)
    return (given.counts * chosen).sum() - 0.5 * ((reward / given.scale) ** 2).sum()


def matrix_of(given: Setting, policy: jax.Array) -> jax.Array:
    """I - g P_pi, [S, S]."""
    states = jnp.arange(policy.size)
    to, chance = given.successors[states, policy], given.chances[states, policy]
    step = jnp.zeros((policy.size, policy.size), jnp.float32)
    step = step.at[states[:, None], to].add(chance)
    return jnp.eye(policy.size, dtype=jnp.float32) - given.discount * step


class Walker(NamedTuple):
    """A chain of PolicyWalk: reward and value [S], policy [S], (I - g P_pi)^-1 [S, S]."""

    reward: jax.Array
    value: jax.Array
    policy: jax.Array
    inverse: jax.Array
    log_density: jax.Array


def renewed(given: Setting, walker: Walker) -> Walker:
    """The same chain without what rounding has gathered."""
    inverse = jnp.linalg.inv(matrix_of(given, walker.policy))
    fresh = walker._replace(inverse=inverse, value=inverse @ walker.reward)
    fresh = improved(given, fresh)
    return fresh._replace(log_density=log_density(given, fresh.reward, fresh.value))


def improved(given: Setting, walker: Walker) -> Walker:
    """Policy iteration from the policy at hand, the state of largest gain first."""

    def gains(walker: Walker) -> tuple[jax.Array, jax.Array, jax.Array]:
        options = after(given, walker.value)
        held = jnp.take_along_axis(options, walker.policy[:, None], axis=1)[:, 0]
        gain = options.max(axis=1) - held
        where = gain.argmax()
        return where, gain[where], options[where].argmax()

    def limit(walker: Walker) -> jax.Array:
        return GAIN * jnp.maximum(1.0, jnp.abs(walker.value).max() * 1e-2)

    def change(carry: tuple[Walker, Any]) -> tuple[Walker, Any]:
        walker, (where, gain, action) = carry
        old = walker.policy[where]

        def ahead(action: jax.Array, table: jax.Array) -> jax.Array:
            chance = given.chances[where, action]
            return (chance[:, None] * table[given.successors[where, action]]).sum(axis=0)

        inverse = walker.inverse
        row = given.discount * (ahead(action, inverse) - ahead(old, inverse))
        column = inverse[:, where] / (1.0 - row[where])
        walker = walker._replace(
            value=walker.value + column * gain,
            policy=walker.policy.at[where].set(action.astype(walker.policy.dtype)),
            inverse=inverse + column[:, None] * row[None, :],
        )
        return walker, gains(walker)

    def unsettled(carry: tuple[Walker, Any]) -> jax.Array:
        return carry[1][1] > limit(carry[0])

    return lax.while_loop(unsettled, change, (walker, gains(walker)))[0]


def walk(
    given: Setting, walker: Walker, root: jax.Array, key: jax.Array, single: bool
) -> tuple[Walker, jax.Array]:
    """One proposal, r + root z, of one coordinate of z or of all; the key is consumed."""
    to, which, keep = jax.random.split(key, 3)
    states = walker.reward.size
    z = jax.random.normal(to, (states,), jnp.float32)
    if single:
        z = jnp.where(jnp.arange(states) == jax.random.randint(which, (), 0, states), z, 0.0)
    reward = walker.reward + root @ z
    proposal = walker._replace(reward=reward, value=walker.inverse @ reward)
    proposal = improved(given, proposal)
    density = log_density(given, proposal.reward, proposal.value)
    proposal = proposal._replace(log_density=density)
    chance = jnp.exp(jnp.minimum(0.0, density - walker.log_density))
    taken = jax.random.uniform(keep, dtype=jnp.float32) < chance
    return jax.tree.map(partial(jnp.where, taken), proposal, walker), chance


@partial(jax.jit, static_argnames=("blocks", "single"))
def walks(
    given: Setting, walkers: Walker, root: jax.Array, key: jax.Array, blocks: int, single: bool
) -> tuple[Walker, jax.Array, jax.Array]:
    """All chains for blocks of `LENGTH` proposals: chains, acceptance, rewards [blocks, C, S]."""
    count = walkers.reward.shape[0]

    def proposal(walkers: Walker, key: jax.Array) -> tuple[Walker, jax.Array]:
        move = jax.vmap(partial(walk, single=single), in_axes=(None, 0, None, 0))
        return move(given, walkers, root, jax.random.split(key, count))

    def block(walkers: Walker, key: jax.Array) -> tuple[Walker, tuple[jax.Array, jax.Array]]:
        walkers, chance = lax.scan(proposal, walkers, jax.random.split(key, LENGTH))
        walkers = jax.vmap(renewed, in_axes=(None, 0))(given, walkers)
        return walkers, (chance.mean(), walkers.reward)

    walkers, (chance, rewards) = lax.scan(block, walkers, jax.random.split(key, blocks))
    return walkers, chance.mean(), rewards


def policy_walk(given: Setting, key: int, seconds: float) -> Run:
    """PolicyWalk within the seconds given; the key is consumed."""
    return _policy_walk(given, key, seconds, "one")


def shaped_walk(given: Setting, key: int, seconds: float) -> Run:
    """The same in all rewards at once, shaped by their covariance; the key is consumed."""
    return _policy_walk(given, key, seconds, "all")


def _policy_walk(
    given: Setting, key: int, seconds: float, kind: str, chains: int = 16, chunk: int = 100
) -> Run:
    states = given.counts.shape[0]
    begin, root = jax.random.split(jax.random.key(key))
    reward = given.scale * jax.random.normal(begin, (chains, states), jnp.float32)
    nothing = jnp.zeros((chains, states), jnp.float32)
    table = jnp.zeros((chains, states, states), jnp.float32)
    walkers = Walker(reward, nothing, jnp.zeros(reward.shape, jnp.int32), table, nothing[:, 0])
    shape = 0.1 * float(given.scale) * np.eye(states)
    began = time.perf_counter()
    start = jax.jit(jax.vmap(renewed, in_axes=(None, 0))).lower(given, walkers).compile()
    size = jnp.asarray(shape, jnp.float32)
    go = walks.lower(given, walkers, size, root, chunk, kind == "one").compile()
    compiling = time.perf_counter() - began
    began, warm, rewards = time.perf_counter(), [], []
    walkers, by = start(given, walkers), 1.0
    while not rewards or time.perf_counter() - began < seconds:
        root, part = jax.random.split(root)
        size = jnp.asarray(by * shape, jnp.float32)
        walkers, chance, some = go(given, walkers, size, part)
        if time.perf_counter() - began > ADAPTING * seconds:
            rewards.append(np.asarray(some))
            continue
        warm.append(np.asarray(some, np.float64))
        by *= float(np.exp(2.0 * (float(chance) - ACCEPTED[kind])))
        recent = np.concatenate(warm[len(warm) // 2 :]).reshape(-1, states)
        if kind == "all" and len(recent) > 20 * states and len(warm) % 4 == 0:
            fresh = np.linalg.cholesky(np.cov(recent.T) + 1e-4 * np.eye(states))
            by *= float(np.linalg.norm(shape) / np.linalg.norm(fresh))
            shape = fresh
    return Run(np.concatenate(rewards).swapaxes(0, 1), time.perf_counter() - began, compiling)


@jax.custom_vjp
def optimal_value(given: Setting, reward: jax.Array) -> jax.Array:
    """V*, [S], by a few sweeps and then Howard's policy iteration."""
    return _howard(given, reward)[0]


def _howard(given: Setting, reward: jax.Array) -> tuple[jax.Array, jax.Array]:
    def solve(policy: jax.Array) -> tuple[jax.Array, jax.Array, jax.Array]:
        value = jnp.linalg.solve(matrix_of(given, policy), reward[:, None])[:, 0]
        options = after(given, value)
        held = jnp.take_along_axis(options, policy[:, None], axis=1)[:, 0]
        gain = options.max(axis=1) - held
        scale = jnp.maximum(1.0, jnp.abs(value).max() * 1e-2)
        better = jnp.where(gain > GAIN * scale, options.argmax(axis=1), policy)
        return value, policy, better

    def unsettled(carry: tuple[jax.Array, jax.Array, jax.Array]) -> jax.Array:
        return (carry[1] != carry[2]).any()

    value = reward / (1.0 - given.discount)
    value = lax.fori_loop(0, 12, lambda _, v: reward + after(given, v).max(axis=1), value)
    first = solve(after(given, value).argmax(axis=1))
    value, policy, _ = lax.while_loop(unsettled, lambda carry: solve(carry[2]), first)
    return value, policy


def _forward(given: Setting, reward: jax.Array) -> tuple[jax.Array, Any]:
    value, policy = _howard(given, reward)
    return value, (given, policy)


def _backward(saved: Any, pull: jax.Array) -> tuple[None, jax.Array]:
    given, policy = saved
    return None, jnp.linalg.solve(matrix_of(given, policy).T, pull[:, None])[:, 0]


optimal_value.defvjp(_forward, _backward)


def _kernel(given: Setting) -> Callable[[dict[str, jax.Array]], jax.Array]:
    def density(position: dict[str, jax.Array]) -> jax.Array:
        reward = position["reward"]
        return log_density(given, reward, optimal_value(given, reward))

    return density


@partial(jax.jit, static_argnames=("steps",))
def _adapt(given: Setting, keys: jax.Array, rewards: jax.Array, steps: int) -> Any:
    warm = blackjax.window_adaptation(blackjax.nuts, _kernel(given))

    def one(key: jax.Array, reward: jax.Array) -> Any:
        return warm.run(key, {"reward": reward}, num_steps=steps)[0]

    return jax.vmap(one)(keys, rewards)


@partial(jax.jit, static_argnames=("steps",))
def _draw(given: Setting, keys: jax.Array, states: Any, tuned: Any, steps: int) -> Any:
    density = _kernel(given)

    def chain(key: jax.Array, state: Any, tuned: Any) -> Any:
        kernel = blackjax.nuts(density, **tuned).step

        def once(state: Any, key: jax.Array) -> Any:
            state, _ = kernel(key, state)
            return state, state.position["reward"]

        return lax.scan(once, state, jax.random.split(key, steps))

    return jax.vmap(chain)(keys, states, tuned)


def nuts(given: Setting, key: int, seconds: float, chains: int = 4, chunk: int = 25) -> Run:
    """blackjax NUTS within the seconds given, its adaptation in full; the key is consumed."""
    begin, warm, draw = jax.random.split(jax.random.key(key), 3)
    rewards = given.scale * jax.random.normal(begin, (chains, given.counts.shape[0]), jnp.float32)
    keys = jax.random.split(warm, chains)
    began = time.perf_counter()
    adapt = _adapt.lower(given, keys, rewards, STEPS_OF_NUTS).compile()
    shapes = jax.eval_shape(partial(_adapt, steps=STEPS_OF_NUTS), given, keys, rewards)
    go = _draw.lower(given, keys, *shapes, chunk).compile()
    compiling = time.perf_counter() - began
    began, drawn = time.perf_counter(), []
    states, tuned = jax.block_until_ready(adapt(given, keys, rewards))
    while not drawn or time.perf_counter() - began < seconds:
        draw, part = jax.random.split(draw)
        states, some = go(given, jax.random.split(part, chains), states, tuned)
        drawn.append(np.asarray(some))
    return Run(np.concatenate(drawn, axis=1), time.perf_counter() - began, compiling)
