"""EfficientZero beside LightZero's: CartPole-v0, as many environment steps, one thread each.

    ./run bench lightzero --python PATH [--env-steps 20000] [--seed 0] [--record]

PATH is a Python in whose environment LightZero is installed. Version 0.2.0 pins packages that
cannot be installed together any more; without its pins it runs (Python 3.11, 2026-11-30):

    pip install torch==2.13.0 && pip install --no-deps LightZero==0.2.0 DI-engine==0.5.3
    pip install "numpy<2" gymnasium==0.28.0 gym==0.25.1 easydict==1.9 pympler xxhash einops \\
        DI-treetensor DI-toolkit tensorboardX cloudpickle tabulate pyyaml requests click tqdm \\
        rich pygame opencv-python-headless "setuptools<80" hickle readerwriterlock mpire \\
        enum_tools URLObject redis pynng wandb psutil

LightZero runs the configuration that it publishes for EfficientZero on CartPole, on the CPU and
with its environments in one process; its score is that of its own last evaluation. Ours is the
preset `fast`, and its score the mean of 100 greedy episodes from the last checkpoint. Both learn
and act in turns. Seconds are of the processor, start and compilation included.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.must_show import Figure, record

HEADING = "## `./run bench lightzero`"
THREADS = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1",
}

THEIRS = """
import json, sys
import torch
torch.set_num_threads(1)
from ding.worker import create_buffer
from lzero.entry import train_muzero
from lzero.worker import MuZeroCollector, MuZeroEvaluator
from zoo.classic_control.cartpole.config import cartpole_efficientzero_config as published

steps, seed, seen = int(sys.argv[1]), int(sys.argv[2]), {"score": float("nan"), "env_steps": 0}
main, create = published.main_config, published.create_config
main.policy.cuda = False
main.exp_name = "run"
create.env_manager.type = "base"
evaluate, collect = MuZeroEvaluator.eval, MuZeroCollector.collect

def evaluated(self, *args, **kwargs):
    found = evaluate(self, *args, **kwargs)
    returns = found[1] if isinstance(found, tuple) else found
    seen["score"] = float(sum(returns["eval_episode_return"]) / len(returns["eval_episode_return"]))
    return found

def collected(self, *args, **kwargs):
    found = collect(self, *args, **kwargs)
    seen["env_steps"] = int(self.envstep)
    return found

MuZeroEvaluator.eval, MuZeroCollector.collect = evaluated, collected
train_muzero([main, create], seed=seed, max_env_step=steps)
print("\\n" + json.dumps(seen))
"""

OURS = """
import json, sys
from corrigible.efficientzero.environments import environment
from corrigible.efficientzero.evaluate import evaluate
from corrigible.efficientzero.settings import preset
from corrigible.efficientzero.train import start, train

steps, seed = int(sys.argv[1]), int(sys.argv[2])
world = environment("cartpole-v0")
settings = preset("fast", world.kind, world.discount, steps)
run = train(world, settings, start(world, settings, seed))
score = evaluate(run.learner.weights, world.test(), settings, 1000 + seed, 100).mean
print("\\n" + json.dumps({"score": score, "env_steps": run.env_steps}))
"""


def measured(python: str, program: str, steps: int, seed: int) -> dict[str, Any]:
    """What a program says of itself, and the seconds of its processes."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    with tempfile.TemporaryDirectory() as folder:
        done = subprocess.run(
            [python, "-c", program, str(steps), str(seed)],
            cwd=folder,
            env={**os.environ, **THREADS},
            stdout=subprocess.PIPE,
            text=True,
        )
    if done.returncode:
        raise SystemExit(f"{python} failed with {done.returncode}; what it said stands above")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {**json.loads(done.stdout.splitlines()[-1]), "seconds": spent}


def main(words: list[str]) -> int:
    """Both, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else None)
    parser.add_argument("--python", required=True, help="where LightZero is installed")
    parser.add_argument("--env-steps", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--record", action="store_true", help="append to benchmarks/RESULTS.md")
    given = parser.parse_args(words)
    figures, seconds = [], {}
    for name, python, program in (
        ("corrigible", sys.executable, OURS),
        ("LightZero", given.python, THEIRS),
    ):
        told = measured(python, program, given.env_steps, given.seed)
        seconds[name] = told["seconds"]
        what = f"{told['env_steps']} steps of CartPole-v0, seed {given.seed}"
        figures += [
            Figure(name, f"{what}: processor seconds", told["seconds"], "", None),
            Figure(name, f"{what}: score", told["score"], "", None),
        ]
    ratio = seconds["LightZero"] / seconds["corrigible"]
    figures.append(Figure("ratio", "LightZero's seconds over ours", ratio, "", None))
    for figure in figures:
        print(figure.row())
    if given.record:
        record(figures, HEADING)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
