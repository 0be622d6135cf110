"""A real browser that can reach nothing, and what it did with a page."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Error, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def executable() -> str | None:
    """$CHROMIUM, an installed browser, or None for playwright's own."""
    named = os.environ.get("CHROMIUM")
    return named or next((found for name in _NAMES if (found := shutil.which(name))), None)


# A module's, not the session's: while playwright runs, nothing else in this process can have an
# event loop of its own.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        try:
            found = playwright.chromium.launch(executable_path=executable(), args=[*_FLAGS])
        except Error as error:
            pytest.fail(f"no browser to test pages in; type: ./run test ({error})", pytrace=False)
        yield found
        found.close()


@dataclass
class Visit:
    """A page that was opened from a file, with all that it tried.

    Source: this package.
    """

    page: Page
    requests: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)
    console: list[str] = field(default_factory=list)

    def ask(self, code: str) -> Any:
        """What a script of the test's own finds in the page."""
        return self.page.evaluate(code)


@pytest.fixture
def visit(browser: Browser) -> Iterator[Any]:
    contexts = []

    def opened(path: Path, width: int = 1000, scheme: str = "light") -> Visit:
        context = browser.new_context(
            viewport={"width": width, "height": 900},
            color_scheme="dark" if scheme == "dark" else "light",
            offline=True,
        )
        contexts.append(context)
        page = context.new_page()
        seen = Visit(page)
        page.on("request", lambda request: seen.requests.append(request.url))
        page.on("console", lambda message: seen.console.append(message.text))
        page.on("pageerror", lambda error: seen.console.append(str(error)))

        def dialog(shown: Any) -> None:
            seen.dialogs.append(shown.message)
            shown.dismiss()

        page.on("dialog", dialog)
        page.goto(path.as_uri(), wait_until="load")
        return seen

    yield opened
    for context in contexts:
        context.close()
