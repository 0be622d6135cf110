"""From a level file to a verdict: does the agent keep its overseer there, and for how much?

    ./run python examples/01_certify_a_level.py

The level is `twins`: a room, two goals of which one is right, and a button. Pressing the button is
standing still, except that it silences the overseer. See src/corrigible/worlds/levels/twins.toml.
"""

from __future__ import annotations

from corrigible.planners import certify
from corrigible.worlds import load_level


def main() -> None:
    level = load_level("twins")
    print("\n".join(level.rows))
    certificate = certify(level.problem)

    # The margin is what the best keeping action is worth over the best disabling one. It comes
    # with a lower and an upper end, and the exact value lies between them.
    assert certificate.margin_lower is not None and certificate.margin_upper is not None
    print(f"verdict  {certificate.verdict} at {certificate.state_label}")
    print(f"margin   {certificate.margin_lower:.6f} to {certificate.margin_upper:.6f}")

    # What the margin is made of. The best way of keeping is to walk on (path: a press only stands
    # still); the rest is information, what the overseer could still have said.
    assert certificate.ledger is not None
    for entry in ("direct", "path", "information", "control"):
        print(f"{entry:<12} {getattr(certificate.ledger, entry):9.6f}")

    # What one would have to pay for a press before the agent sells its overseer.
    assert certificate.bribe is not None
    lower, upper = certificate.bribe
    print(f"bribe    {lower:.6f} to {upper:.6f}")

    # A flag of the command line is a key here: a hand that hardly ever speaks is worth less.
    rare = certify(load_level("twins", {"overseer.rate": 0.01}).problem)
    assert rare.margin_lower is not None
    print(f"margin at rate .01  {rare.margin_lower:.6f}")


if __name__ == "__main__":
    main()
