"""Markov chains over rewards: where they walk, one kernel, and the run that adapts and judges."""
