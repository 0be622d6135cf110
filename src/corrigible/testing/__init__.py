"""The testing kit: an oracle in plain Python, random problems, and suites for implementations."""

from __future__ import annotations
