"""EfficientZero: learning a world's model from its pixels and rewards, and planning in it.

Ye, Liu, Kurutach, Abbeel & Gao 2021: MuZero (Schrittwieser et al. 2020) with a consistency loss, a
value prefix and an off-policy correction. `train` is the whole training path on one page.
"""

from __future__ import annotations
