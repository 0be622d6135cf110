"""Learning and searching on several devices at once.

Every device holds everything; of a batch of examples, or of a chunk of states to search, each works
on its share. XLA puts in the sums between devices, those of batch statistics included, so that the
result is that of one device up to the order of additions.

Guarantee: with one device nothing is changed.
"""

from __future__ import annotations

from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from corrigible.errors import UserError

_AXIS = "examples"


def shared(tree: Any, devices: int, axis: int) -> Any:
    """Arrays split along one axis, inside a jitted function.

    Args:
        tree: leaves `[...]`, those of too few axes are left alone.
        devices: among so many.
        axis: to split.

    Returns:
        The same values.

    Raises:
        UserError: there are not as many devices.

    Source: Xu et al. 2021 (GSPMD).
    """
    if devices == 1:
        return tree
    place = NamedSharding(_mesh(devices), PartitionSpec(*(None,) * axis, _AXIS))
    return jax.tree.map(
        lambda x: jax.lax.with_sharding_constraint(x, place) if x.ndim > axis else x, tree
    )


def whole(tree: Any, devices: int) -> Any:
    """Arrays of which every device holds all, inside a jitted function or outside.

    Args:
        tree: leaves `[...]`; what is no array is left alone.
        devices: so many.

    Returns:
        The same values.

    Raises:
        UserError: there are not as many devices.

    Source: Xu et al. 2021 (GSPMD).
    """
    if devices == 1:
        return tree
    place = NamedSharding(_mesh(devices), PartitionSpec())
    return jax.tree.map(lambda x: jax.device_put(x, place) if isinstance(x, jax.Array) else x, tree)


def _mesh(devices: int) -> Mesh:
    there = jax.devices()
    if len(there) < devices:
        raise UserError(
            f"{devices} devices are asked for and {len(there)} are there; on a CPU, "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={devices} makes as many of it"
        )
    return Mesh(np.array(there[:devices]), (_AXIS,))
