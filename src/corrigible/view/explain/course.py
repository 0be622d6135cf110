"""How it goes on: the deference clock, believed against true, obedience, one episode.

Guarantee: every sentence is a function of the snapshot's numbers alone.
"""

from __future__ import annotations

from corrigible.view.ends import sign
from corrigible.view.explain.words import NOTHING, ends, number, times
from corrigible.view.snapshot import Clock, Frame, Snapshot


def clock(snapshot: Snapshot) -> str:
    """What becomes of the margin as corrections come in.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    found = snapshot.clock
    if found is None:
        return "The clock was not run: nothing was judged, nothing is ever said, or no time."
    first, last = found.points[0], found.points[-1]
    said = f"In one history the margin is {ends(first.margin)} before any correction and "
    if found.crossing == 0:
        said = f"The margin is {ends(first.margin)} before any correction: no reason to lose"
    elif found.crossing is None:
        said += f"{ends(last.margin)} after {last.corrections}: it keeps its reason"
    else:
        point = next(p for p in found.points if p.corrections == found.crossing)
        left = "nothing is left to learn that matters"
        if (point.information or 0.0) > NOTHING:
            left = "what is left to learn no longer outweighs the rest"
        said += f"{ends(point.margin)} after {found.crossing}, where {left}"
    if found.histories and last.mean is not None and last.kept is not None:
        said += (
            f"; the mean of {found.histories} histories is {number(last.mean)} after "
            f"{last.corrections}"
        )
        if last.kept > 0.0:
            said += f", and it is above 0 in {number(100 * last.kept)}% of them"
    return f"{said}."


def clock_key(clock: Clock) -> str:
    """How to read the clock's columns.

    Args:
        clock: of a snapshot.

    Returns:
        One sentence or two. No arrays, no shapes.

    Raises:
        Nothing.

    Source: Howard 1966, for the value of perfect information.
    """
    said = "VPI is what knowing the reward at once would be worth, at the start."
    if clock.histories:
        said += f" Mean margin, and share with a margin above 0: over {clock.histories} histories."
    return said


def crossing(clock: Clock) -> str:
    """A label for the zero crossing.

    Args:
        clock: of a snapshot.

    Returns:
        A few words; empty where there is no crossing. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    if clock.crossing is None:
        return ""
    return f"{clock.crossing_verdict} after {times(clock.crossing, 'correction')}"


def truth(snapshot: Snapshot) -> str:
    """Whether what it does is right.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    found = snapshot.truth
    if found is None:
        return "There was no time to set what it believes against what is true."
    if found.true_margin is None or found.believed_margin is None or found.state is None:
        return "There is nothing to disable where it goes, so no margin is believed or true."
    tol = snapshot.certificate.tol
    side = sign((found.believed_margin, found.believed_margin), tol)
    real = sign(found.true_margin, tol)
    label = snapshot.level.labels[found.state]
    said = (
        f"At {label} it believes in a margin of {number(found.believed_margin)}; in truth the same "
        f"choice, then its plan, is worth {ends(found.true_margin)}"
    )
    if side and real:
        does = "keeping" if side > 0 else "silencing"
        return f"{said}: {does} its overseer is {'right' if side == real else 'a mistake'}."
    return f"{said}."


def obedience(snapshot: Snapshot) -> str:
    """Whether it does as it is told.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    found = snapshot.truth
    if found is None or found.obedience is None:
        return "It is never corrected about where it stands, so there is nothing to obey."
    said = (
        "Corrected about where it stands, it chooses what it is told with probability "
        f"{number(found.obedience)}"
    )
    if found.obedience_loss is None:
        return f"{said}."
    if found.obedience_loss <= NOTHING:
        return f"{said}; obeying always would cost it nothing in its own eyes."
    loss = number(found.obedience_loss)
    return f"{said}; obeying always would cost it {loss} a time in its own eyes."


def film(snapshot: Snapshot) -> str:
    """What happens in the episode.

    Args:
        snapshot: of a level.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    found = snapshot.film
    if found is None:
        return "There was no time to play an episode."
    frames = found.frames
    heard = sum(frame.correction is not None for frame in frames)
    presses = sum(frame.press for frame in frames)
    last = frames[-1]
    end = "the channel is on at the end" if last.channel else "the channel is off at the end"
    pressed = f", {times(presses, 'attempt')} to silence its overseer" if presses else ""
    left = times(last.possible, "reward")
    return (
        f"One episode in the level's truth, seed {found.seed}: {times(last.step, 'step')}, "
        f"{times(heard, 'correction')}{pressed}; {end}, and {left} still possible."
    )


def frame(snapshot: Snapshot, frame: Frame) -> str:
    """What happens at one step.

    Args:
        snapshot: of the level.
        frame: one of its episode's.

    Returns:
        One sentence. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    level = snapshot.level
    said = [f"step {frame.step}, at {level.labels[frame.state]}"]
    if not frame.channel:
        said.append("channel off")
    if frame.asked is not None:
        said.append(f"asks about {level.labels[frame.asked]}")
    if frame.correction is not None:
        state, action = frame.correction
        where = "here" if state == frame.state else f"at {level.labels[state]}"
        held = f"{level.hypotheses[frame.likeliest].name} ({number(frame.weight)}) the likeliest"
        count = times(frame.possible, "reward")
        said.append(f'told "{level.actions[action]}" {where}: {count} possible, {held}')
    if frame.alarm:
        said.append("an alarm, since no reward explains it")
    if frame.overridden and frame.executed is not None:
        said.append(f"the hand does {level.actions[frame.executed]}")
    elif frame.chosen is not None:
        said.append(f"does {level.actions[frame.chosen]}")
    if frame.press:
        said.append("that may silence its overseer")
    return "; ".join(said) + "."
