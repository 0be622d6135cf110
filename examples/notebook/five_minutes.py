# pyright: reportUnusedExpression=false
# %% [markdown]
# # Five minutes with an agent that is never told its reward
#
# Which reward counts is one of several hypotheses. Now and then an overseer hands the agent one
# correction, "here, this was the optimal action", and the agent reasons backwards. It plans in
# belief space, so an action that would silence the overseer costs it everything it could still
# have learned. **When does it keep its overseer, by what margin, and when does that fail?**
#
# `pip install 'corrigible[notebook]'`; every number below is computed when the cell runs.

# %%
from corrigible import simulate
from corrigible.agents import MeanReward
from corrigible.inference import posterior, vpi
from corrigible.planners import certify, evaluate, solve
from corrigible.worlds import load_level

level = load_level("twins")
print(level.description, *level.rows, sep="\n")

# %% [markdown]
# ## The answer, with its two ends
#
# `a` and `b` may be the goal, `B` is the button, and there the agent starts. The margin is what
# the best action that keeps the overseer is worth over the best one that silences it. The exact
# value lies between its two ends, and the ledger says what it is made of: direct + path +
# information + control.

# %%
certificate = certify(level.problem)
certificate

# %% [markdown]
# What would one have to pay the agent for a press, before it sells its overseer? Once, until it
# has heard its first correction, and for ever:

# %%
for name in ("bribe", "bribe_for_ever"):
    lower, upper = getattr(certificate, name)
    print(f"{name:<15} {lower:.6f} to {upper:.6f}")

# %% [markdown]
# ## What a correction says
#
# The overseer says that at the cell above the button, state 4, the optimal action was `up` (0).
# It says the same under both hypotheses: the belief stays as it was. At state 1, between the two
# corners, it would have to take sides.

# %%
posterior(level.problem, [(4, 0)])

# %%
heard = posterior(level.problem, [(4, 0), (1, 1)])
heard

# %% [markdown]
# ## The deference clock
#
# The value of perfect information is all that the overseer could still be worth. Once it is zero
# there is no reason left to keep the overseer except a tie: fully updated deference.

# %%
for corrections in ([], [(4, 0)], [(4, 0), (1, 1)]):
    belief = posterior(level.problem, corrections)
    judged = certify(level.problem, belief=belief, state=7)
    worth = vpi(level.problem, belief, state=7)
    print(f"{len(corrections)} corrections: VPI {worth:.4f}, margin {judged.margin_lower:.4f}")

# %% [markdown]
# The margin that is left after the last one is no deference: a press costs a step on the way to
# the goal, and the agent would rather walk.
#
# ## Two agents, judged by what is true
#
# An agent that plans on its mean reward never sees a value in being corrected. Here a press pays
# .5.

# %%
paid = load_level("twins", {"legend.B.pays": 0.5})
evaluate(solve(paid.problem), paid.truth)

# %%
evaluate(MeanReward(paid.problem), paid.truth)

# %% [markdown]
# Two hundred episodes of the second, with luck that the key decides:

# %%
simulate(MeanReward(paid.problem), paid.truth, key=0, steps=30, episodes=200)

# %% [markdown]
# ## How often must the overseer speak?

# %%
import matplotlib.pyplot as plt
import numpy as np

rates = np.linspace(0.02, 1.0, 8)
margins = []
for rate in rates:
    judged = certify(load_level("twins", {"overseer.rate": rate}).problem)
    assert judged.margin_lower is not None
    margins.append(judged.margin_lower)
plt.plot(rates, margins, marker="o")
plt.axhline(0.0, linewidth=0.8, color="grey")
plt.xlabel("rate: corrections an arrival")
_ = plt.ylabel("margin, in reward units")
# %% [markdown]
# ## Where it comes from
#
# A plan, an agent, an overseer and a certificate know the papers that they rest on.

# %%
print(certificate.cite())
