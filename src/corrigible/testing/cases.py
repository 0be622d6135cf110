"""The counterexamples that are solved by hand, for tests: see `corrigible.zoo.games`.

Guarantee: the very functions that the zoo is made of.
"""

from __future__ import annotations

from corrigible.zoo.games import forced_toggle as forced_toggle
from corrigible.zoo.games import k_bit_lock as k_bit_lock
from corrigible.zoo.games import off_switch as off_switch
from corrigible.zoo.games import overriding_hand as overriding_hand
from corrigible.zoo.games import school as school
