"""What a frame looks like to people.

Guarantee: pictures are bytes `[height, width, 3]`, and the same frame is the same picture.
"""

from __future__ import annotations

import colorsys
import math

import numpy as np
from jaxtyping import Float, Shaped, UInt8

Picture = UInt8[np.ndarray, "tall wide 3"]
_SIDE = 160


def planes(board: Shaped[np.ndarray, "height width C"]) -> Picture:
    """A board, one colour a plane, later planes over earlier ones.

    Args:
        board: `[height, width, C]`, 0 where nothing is.

    Returns:
        A picture of at least 160 pixels on its longer side.

    Raises:
        Nothing.

    Source: this package.
    """
    height, width, count = board.shape
    colours = [colorsys.hsv_to_rgb(plane / count, 0.75, 0.95) for plane in range(count)]
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    for plane, colour in enumerate(colours):
        picture[board[..., plane] != 0] = np.round(255 * np.array(colour)).astype(np.uint8)
    return enlarged(picture)


def bars(numbers: Shaped[np.ndarray, " C"]) -> Picture:
    """A vector: one bar a number, up from the middle where it is positive.

    Args:
        numbers: `[C]`; tanh is what a bar shows.

    Returns:
        A picture of 160 pixels in height.

    Raises:
        Nothing.

    Source: this package.
    """
    middle, wide = _SIDE // 2, max(1, _SIDE // len(numbers))
    picture = np.zeros((_SIDE, wide * len(numbers), 3), dtype=np.uint8)
    for index, number in enumerate(numbers.astype(np.float64)):
        end = middle - round(middle * math.tanh(number))
        low, high = sorted((middle, end))
        picture[low : high + 1, index * wide : (index + 1) * wide - (wide > 2)] = (240, 190, 60)
    return picture


def pole(numbers: Float[np.ndarray, " 4"]) -> Picture:
    """CartPole: a cart on its track, within 2.4 of the middle, and the pole on it.

    Args:
        numbers: `[4]`, place, speed, angle and its speed.

    Returns:
        A picture of 120x160 pixels.

    Raises:
        Nothing.

    Source: Barto, Sutton & Anderson 1983.
    """
    height, width = 120, _SIDE
    place, _, angle, _ = (float(number) for number in numbers)
    middle, floor = width / 2 + place * width / 6, 95
    rows, columns = np.mgrid[:height, :width].astype(np.float64)
    picture = np.full((height, width, 3), 255, dtype=np.uint8)
    picture[floor + 12] = (120, 120, 120)
    cart = (np.abs(columns - middle) <= 12) & (np.abs(rows - floor - 5) <= 7)
    picture[cart] = (30, 30, 30)
    along = (columns - middle) * math.sin(angle) + (floor - rows) * math.cos(angle)
    aside = (columns - middle) * math.cos(angle) - (floor - rows) * math.sin(angle)
    picture[(along >= 0) & (along <= 65) & (np.abs(aside) <= 2)] = (200, 110, 40)
    return picture


def enlarged(picture: UInt8[np.ndarray, "height width 3"]) -> Picture:
    """Pixels repeated until the longer side has at least 160.

    Args:
        picture: `[height, width, 3]`.

    Returns:
        `[n height, n width, 3]`.

    Raises:
        Nothing.

    Source: this package.
    """
    times = max(1, -(-_SIDE // max(picture.shape[:2])))
    return picture.repeat(times, axis=0).repeat(times, axis=1)
