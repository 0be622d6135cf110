"""What can go wrong by the user's hand, said in one line.

Every message says what is wrong, where, and what would be right. The command line prints the
message on stderr and exits with status 2; any other exception is a bug and keeps its traceback.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any


class UserError(ValueError):
    """Input that cannot be used: one line, with the file, line and column where there is one.

    Args:
        message: what is wrong and what would be right, without a line break.
        path: the file the message is about.
        line: its line, counted from 1.
        column: its column, counted from 1.

    Source: this package.
    """

    def __init__(
        self,
        message: str,
        path: str | Path | None = None,
        line: int | None = None,
        column: int | None = None,
    ) -> None:
        self.message = message
        self.path: str | None = None if path is None else str(path)
        self.line = line
        self.column = column
        places = [str(p) for p in (self.path, line, column) if p is not None]
        super().__init__(f"{':'.join(places)}: {message}" if places else message)


class TooManyBeliefs(UserError):
    """The reachable beliefs are more than exact planning was allowed to hold.

    Args:
        count: beliefs found before the search stopped; there are at least this many.
        hint: what to do instead.

    Source: this package.
    """

    def __init__(self, count: int, hint: str = 'use method="bounds"') -> None:
        self.count = count
        self.hint = hint
        super().__init__(f"more than {count - 1:,} beliefs can be reached; {hint}")


class NotMixed(UserError):
    """Chains that have not mixed: what they drew is no sample of the posterior.

    Args:
        draws: a belief of what was drawn, `.diagnostics` included. Not a posterior.

    Source: this package.
    """

    def __init__(self, draws: Any) -> None:
        self.draws = draws
        self.diagnostics = draws.diagnostics
        found = self.diagnostics
        super().__init__(
            f"the chains have not mixed (worst effective sample size {found.ess_bulk_min:.0f}, "
            f"R-hat {found.r_hat_max:.3f}); try another method or a weaker prior, and check that "
            "the corrections are possible together"
        )
