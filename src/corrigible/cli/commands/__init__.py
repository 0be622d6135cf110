"""The commands, one file each: what they take (a dataclass) and what they answer (a reply)."""

from __future__ import annotations
