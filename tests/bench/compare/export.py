#!/usr/bin/env python3
"""From a checkpoint and a photo to one PNG for each head of the last layer, as whole processes: headlight export beside the scripts
that a person would write (export_timm.py, export_dino.py). The program and the scripts take turns; medians over the rounds."""

import argparse
import os
import pathlib
import statistics
import subprocess
import tempfile
import time

import networks

HERE = pathlib.Path(__file__).resolve().parent


def run(command):
    """Seconds, and what it printed."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS")}
    begin = time.perf_counter()
    done = subprocess.run([str(c) for c in command], env=environment, capture_output=True, text=True)
    seconds = time.perf_counter() - begin
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
    return seconds, done.stdout


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headlight", required=True, help="the program")
    parser.add_argument("--timm-python", required=True, help="a Python with torch, torchvision, timm and matplotlib")
    parser.add_argument("--image", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the networks")
    parser.add_argument("--networks", default="ti,s,b")
    parser.add_argument("--rounds", type=int, default=5)
    o = parser.parse_args()
    print("| network | | whole process, s | times headlight's | without its imports, s | times headlight's |\n|---|---|---|---|---|---|")
    for network in o.networks.split(","):
        if not (o.data / network / "reference.npz").exists():
            networks.write(o.data / network, network)
        weights = o.data / network / "weights.safetensors"
        block = networks.NETWORKS[network]["blocks"] - 1
        times = {"headlight export": [], "export_timm.py": [], "export_dino.py": []}
        with tempfile.TemporaryDirectory() as out:
            for _ in range(o.rounds + 1):  # the first brings the files into memory and is not counted
                seconds, _ = run([o.headlight, "export", "--model", weights, "--image", o.image, "--block", block, "--out", out])
                times["headlight export"].append((seconds, seconds))
                for script in ("export_timm.py", "export_dino.py"):
                    seconds, text = run([o.timm_python, "-W", "ignore", HERE / script, weights, networks.ARCHITECTURES[network],
                                         o.image, block, out])
                    times[script].append((seconds, seconds - float(text.strip().splitlines()[-1])))
        own = statistics.median(t[0] for t in times["headlight export"][1:])
        for label, pairs in times.items():
            whole, rest = (statistics.median(p[i] for p in pairs[1:]) for i in (0, 1))
            print(f"| {network} | {label} | {whole:.3f} | {whole / own:.1f} | {rest:.3f} | {rest / own:.1f} |")


if __name__ == "__main__":
    main()
