"""How annotations are checked while tests run: as a static checker reads them."""

from __future__ import annotations

from beartype import BeartypeConf, beartype

# An int is accepted where a float is annotated (PEP 484's numeric tower).
check = beartype(conf=BeartypeConf(is_pep484_tower=True))
