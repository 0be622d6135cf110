"""The entry of the command line: parse, run one command, print its reply, say how it went.

Exit status: 0; 2 and one line on stderr where the user can mend it; 130 on an interrupt; 1 and a
traceback where it is this package's fault.

What `run` and `certify` answer is saved. An answer that turns out not to be savable when it is
there (the disk is full by then) is printed all the same, then the line that says why, and the
status is 2.

Guarantee: `--help` and `--version` import neither jax, numpy, scipy nor matplotlib; on any error
but that one nothing has been printed on stdout.
"""

from __future__ import annotations

import functools
import inspect
import operator
import os
import sys
import traceback
from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import tyro

from corrigible.cli.commands.certify import Certify
from corrigible.cli.commands.demo import Demo
from corrigible.cli.commands.doctor import Doctor
from corrigible.cli.commands.efficientzero import ACTIONS as LEARNING
from corrigible.cli.commands.efficientzero import EfficientZero
from corrigible.cli.commands.infer import Infer
from corrigible.cli.commands.init import Init
from corrigible.cli.commands.run import Run
from corrigible.cli.commands.runs import ACTIONS, Runs
from corrigible.cli.commands.zoo import Zoo
from corrigible.cli.flags import Common, no_overrides, split_overrides
from corrigible.cli.keeping import Keeper
from corrigible.cli.reply import deliver
from corrigible.cli.text import complain
from corrigible.errors import UserError

COMMANDS: dict[str, type[Common]] = {
    "demo": Demo,
    "init": Init,
    "run": Run,
    "infer": Infer,
    "certify": Certify,
    "runs": Runs,
    "zoo": Zoo,
    "efficientzero": EfficientZero,
    "doctor": Doctor,
}
_NESTED: dict[type, Mapping[str, type]] = {Runs: ACTIONS, EfficientZero: LEARNING}
_SAVED = (Run, Certify)
_DESCRIPTION = (
    "Agents that are never told their reward and learn it from corrections, and a laboratory that "
    "says when they keep their overseer. LEVEL is a file or the name of a shipped level; any flag "
    "with a dot, such as --overseer.rate 0.1, replaces that key of the level for this run. "
    "corrigible --version prints the version."
)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line.

    Args:
        argv: the words after the program's name; those of the process where None.

    Returns:
        The exit status. No arrays, no shapes.

    Raises:
        Nothing.

    Source: this package.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")
    try:
        status = _run(words)
        sys.stdout.flush()
        return status
    except UserError as error:
        complain(error)
        return 2
    except KeyboardInterrupt as error:
        complain(f"interrupted; {error}" if error.args else "interrupted")
        return 130
    except BrokenPipeError:
        # Whoever read stdout has gone; the interpreter must not fail again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except Exception:
        traceback.print_exc()
        return 1


def _run(line: list[str]) -> int:
    if line == ["--version"]:
        print(f"corrigible {_version()}")
        return 0
    words, overrides = split_overrides(line)
    try:
        command = _parse(words)
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 2
    name = next(n for n, kind in COMMANDS.items() if isinstance(command, kind))
    command.check()
    if not hasattr(command, "level"):
        no_overrides(overrides, name)
    from corrigible.cli.environment import prepare

    prepare()
    if not isinstance(command, _SAVED):
        reply = command.reply(overrides)
        deliver(name, command.seed, _version(), reply, command.json)
        return reply.status
    keeper = Keeper(command.store, line)
    reply = command.reply(overrides)
    keeper.stop()
    try:
        deliver(name, command.seed, _version(), reply, command.json)
        sys.stdout.flush()
    finally:
        # Also where nobody reads on: the work is done.
        keeper.save(name, command.seed, _version(), reply)
    return reply.status


def _parse(words: list[str]) -> Common:
    return tyro.cli(
        tyro.conf.FlagCreatePairsOff[_choice(COMMANDS)],
        prog="corrigible",
        description=_DESCRIPTION,
        args=words,
    )


def _choice(kinds: Mapping[str, type]) -> Any:
    """One of several commands, one of which is itself a choice."""
    return functools.reduce(
        operator.or_,
        (
            Annotated[
                _choice(_NESTED[kind]) if kind in _NESTED else kind,
                tyro.conf.subcommand(name, description=_summary(kind)),
            ]
            for name, kind in kinds.items()
        ),
    )


def _summary(kind: type) -> str:
    """A command's docstring up to its first section."""
    return (inspect.getdoc(kind) or "").split("\n\nRaises:")[0]


def _version() -> str:
    from importlib.metadata import version

    return version("corrigible")
