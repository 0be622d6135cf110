"""What is tried: every choice of a run, as data.

A preset chooses the search and the targets: `paper` is PUCT with visit counts, `fast` is Gumbel
with completed values. Network, support and optimiser follow the observation: images of 96x96
pixels get the paper's, boards and vectors small ones. Each improvement of the paper is a switch.

Guarantee: settings are hashable and equal where they say the same, and a run is a function of
environment, settings and key.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

from corrigible.efficientzero.search import Search
from corrigible.errors import UserError

Preset = Literal["paper", "fast"]


@dataclass(frozen=True)
class Settings:
    """Every choice of a run.

    Args:
        search: how to search; its horizon of 1 switches the value prefix off.
        env_steps: actions that may be taken, random ones included.
        random_steps: actions taken at random before learning begins.
        lanes: environments side by side, B.
        rows: steps of every lane between two spells of learning.
        updates: learner steps in a spell; the replay ratio is updates / (rows lanes).
        refresh: spells between two refreshes of the target network, each of which searches the
            whole buffer again.
        capacity: rows of the buffer, T; lanes times as many states.
        batch: N.
        unroll: model steps of a training example, K.
        td_steps: rewards of a value target before it bootstraps, while data are fresh.
        stale: actions after which a transition's target loses one of those rewards.
        consistency: weight of the consistency loss; 0 switches it off.
        correction: whether targets of old data bootstrap earlier; off, all use td_steps.
        continuation: whether the model's own continuation takes the place of what is cut there.
        bootstrap: what a target ends in, the network's value or the search's.
        reanalyze: whether the buffer is searched again; off, policies and values stay as acted.
        support: largest atom.
        value_weight: weight of the value loss.
        optimiser: "sgd" with the paper's schedule, or "adam".
        rate: of learning.
        decay: of weights.
        clip: largest norm of a gradient.
        alpha: exponent of priorities.
        beta: exponent of importance weights at the start; it ends at 1.
        pad: pixels by which images are padded and cropped at random; 0: no augmentation.
        chunk: states searched at once when the buffer is searched again.
        devices: among which batches are split; 1: nothing is split.
        slim: widths of the networks for images are divided by it; 1: the paper's.

    Source: Ye et al. 2021, appendix A.3.
    """

    search: Search
    env_steps: int = 100_000
    random_steps: int = 2000
    lanes: int = 8
    rows: int = 10
    updates: int = 96
    refresh: int = 2
    capacity: int = 12_500
    batch: int = 256
    unroll: int = 5
    td_steps: int = 5
    stale: int = 30_000
    consistency: float = 2.0
    correction: bool = True
    continuation: bool = False
    bootstrap: Literal["network", "search"] = "network"
    reanalyze: bool = True
    support: int = 300
    value_weight: float = 0.25
    optimiser: Literal["sgd", "adam"] = "sgd"
    rate: float = 0.2
    decay: float = 1e-4
    clip: float = 5.0
    alpha: float = 0.6
    beta: float = 0.4
    pad: int = 4
    chunk: int = 512
    devices: int = 1
    slim: int = 1

    def __post_init__(self) -> None:
        counts = {
            name: getattr(self, name)
            for name in ("env_steps", "lanes", "rows", "updates", "refresh", "capacity", "batch")
        }
        for name, count in counts.items():
            if count < 1:
                raise UserError(f"{name} is {count}; it must be at least 1")
        for name in ("batch", "chunk"):
            if self.devices < 1 or getattr(self, name) % self.devices:
                raise UserError(f"{name} is {getattr(self, name)}, not a multiple of devices")
        if self.capacity <= self.rows + self.unroll + self.td_steps:
            raise UserError(
                f"capacity is {self.capacity} rows; a window needs more than "
                f"{self.rows + self.unroll + self.td_steps}"
            )

    @property
    def atoms(self) -> int:
        """Of a predicted distribution.

        Returns:
            2 support + 1. No arrays, no shapes.

        Raises:
            Nothing.

        Source: Ye et al. 2021, appendix A.1.
        """
        return 2 * self.support + 1

    @property
    def kept(self) -> int:
        """Values that the buffer keeps of a state: after 0, 1, ... steps of the model's own.

        Returns:
            M, 1 without continuation. No arrays, no shapes.

        Raises:
            Nothing.

        Source: Feinberg et al. 2018.
        """
        return self.td_steps if self.continuation else 1

    def switched(self, **changes: Any) -> Settings:
        """The same with improvements switched off or on.

        Args:
            changes: field -> value; `prefix=False` stands for a search horizon of 1.

        Returns:
            New settings. No arrays, no shapes.

        Raises:
            UserError: a field that does not exist.

        Source: this package.
        """
        search = self.search
        if not changes.pop("prefix", search.horizon > 1):
            search = replace(search, horizon=1)
        unknown = set(changes) - set(self.__dataclass_fields__)
        if unknown:
            raise UserError(f"{sorted(unknown)[0]} is no setting")
        return replace(self, search=search, **changes)


def preset(
    name: Preset, kind: Literal["vector", "grid", "image"], discount: float, env_steps: int
) -> Settings:
    """The settings of a preset for a kind of observation.

    Args:
        name: "paper" or "fast".
        kind: of observation.
        discount: of a step.
        env_steps: of the whole run.

    Returns:
        Settings. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Ye et al. 2021, appendix A.3; Danihelka et al. 2022; the small ones: this package.
    """
    image = kind == "image"
    if name == "paper":
        search = Search("puct", 50 if image else 25, 5, discount)
    else:
        search = Search("gumbel", 16, 5, discount, considered=8)
    stale = max(1, round(0.3 * env_steps))
    if image:
        rows = max(64, -(-env_steps * 21 // (20 * 8)))
        return Settings(search, env_steps=env_steps, stale=stale, capacity=rows)
    lanes, grid = 8, kind == "grid"
    return Settings(
        search,
        env_steps=env_steps,
        random_steps=min(500, env_steps // 4),
        lanes=lanes,
        rows=25,
        updates=50 if grid else 100,
        refresh=4 if grid else 1,
        # Ends of episodes take a row of their own.
        capacity=max(64, min(100_000, 5 * env_steps // 4) // lanes),
        batch=64,
        stale=stale,
        support=30,
        optimiser="adam",
        rate=1e-3 if grid else 3e-3,
        pad=0,
    )
