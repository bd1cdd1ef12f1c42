#!/usr/bin/env python3
"""headlight bench against ONNX Runtime, OpenVINO and PyTorch, alternately, on the same random networks; see README.md.

A part is one network with one number of threads. The figures of a finished part stay in DATA/results and are not measured
again (unless --again says so), so that a run can be cut into pieces; the tables at the end hold all parts that are there."""

import argparse
import contextlib
import datetime
import json
import math
import os
import pathlib
import platform
import re
import subprocess
import sys

import networks
import tables
from agreement import check, headlight_errors

HERE = pathlib.Path(__file__).resolve().parent
# Left over from elsewhere, these choose other kernels (PyTorch loses a third with OPENBLAS_CORETYPE=Haswell) or threads.
UNWANTED = re.compile(r"^(OPENBLAS|OMP|MKL|GOTO|KMP|BLIS|GOMP|DNNL|ORT|HEADLIGHT)_")


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headlight", required=True, help="the program")
    parser.add_argument("--kernels-bench", required=True, help="the kernel bench, which knows the processor's limit")
    parser.add_argument("--onnxruntime-python", required=True, help="a Python that has onnxruntime")
    parser.add_argument("--openvino-python", default="", help="a Python that has openvino; none: it takes no part")
    parser.add_argument("--torch-python", action="append", default=[], help="a Python that has torch; several at will")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the networks and results")
    parser.add_argument("--networks", default=",".join(networks.NETWORKS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=0.4, help="of each peer in each round (one pass at least)")
    parser.add_argument("--bf16", action="store_true", help="with bf16 products, too (a processor with AVX-512 BF16)")
    parser.add_argument("--prefix", default="", help='a command that runs the peers, such as "chrt -f 10"')
    parser.add_argument("--prepare", action="store_true", help="make the networks and check Headlight's results, no more")
    parser.add_argument("--again", action="store_true", help="measure parts that have been measured before")
    return parser.parse_args()


class Peer:
    """A program of ours or of somebody else that runs one network; it is quiet until it is asked to measure."""

    def __init__(self, runner, label, network, threads, how):
        self.runner, self.label, self.rounds = runner, label, []
        self.python = how[0] != "headlight"
        if self.python:
            python, script, mode = how
            self.network = network
            self.process = runner.start([python, HERE / script, runner.o.data, network, mode, threads], threads)
        else:
            self.keep, self.precision, self.network, self.threads = *how[1:], network, threads
            self.version = runner.call([runner.o.headlight, "--version"]).strip().splitlines()[0]

    def ready(self):
        """Waits until it is warm, and checks what it computes."""
        if self.python:
            self.errors = self.answer()
            check(self.label, self.network, self.errors)
            self.version = self.errors["version"]
        else:
            self.errors = headlight_errors(self.runner, self.network, self.precision)
            check(self.label, self.network, self.errors)

    def answer(self):
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.label} ended:\n{self.process.stderr.read()}")
        return json.loads(line)

    def measure(self, seconds):
        """Adds one round: the milliseconds of its passes."""
        if self.python:
            self.process.stdin.write(f"{seconds}\n")
            self.process.stdin.flush()
            self.rounds.append(self.answer())
        else:
            least = min(self.rounds[-1]) if self.rounds else seconds * 1000 / 3
            runs = max(1, min(60, math.ceil(seconds * 1000 / least)))
            self.rounds.append(self.runner.bench(self.network, self.keep, self.precision, self.threads, runs,
                                                 1 if least > 500 else 2))

    def close(self):
        if self.python:
            self.process.stdin.close()
            self.process.wait()


class Runner:
    def __init__(self, o):
        self.o = o
        self.environment = {k: v for k, v in os.environ.items() if not UNWANTED.match(k)}

    def command(self, arguments):
        return self.o.prefix.split() + [str(a) for a in arguments]

    def start(self, arguments, threads):
        return subprocess.Popen(self.command(arguments), env=dict(self.environment, OMP_NUM_THREADS=str(threads)), cwd=HERE,
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def call(self, arguments):
        done = subprocess.run(self.command(arguments), env=self.environment, cwd=HERE, capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, arguments))} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def bench(self, network, keep, precision, threads, runs, warm_up):
        return json.loads(self.call([self.o.headlight, "bench", "--model", self.o.data / network / "weights.safetensors",
                                     "--threads", threads, "--runs", runs, "--warmup", warm_up, "--keep", keep, "--precision", precision,
                                     "--json", "-"]))["ms"]

    def limit(self, threads, option="--limit"):
        """GFLOP/s of multiply-adds of that many programs at once, and the instruction set."""
        command = self.command([self.o.kernels_bench, option])
        running = [subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True) for _ in range(threads)]
        outputs = [p.communicate()[0] for p in running]
        found = [re.search(r"limit of (\w+), one thread: ([\d.]+)", text) for text in outputs]
        return (sum(float(m.group(2)) for m in found), found[0].group(1)) if all(found) else (0.0, "unknown")


def peers_of(o):
    """(label, how to run it), in the order of a round."""
    peers = [(tables.OURS, ("headlight", "maps", "exact")), ("headlight, nothing kept", ("headlight", "none", "exact"))]
    if o.bf16:
        peers.append((tables.OURS_BF16, ("headlight", "maps", "bf16")))
    peers += [
             (tables.THEIRS, (o.onnxruntime_python, "peer_onnxruntime.py", "plain")),
             ("ONNX Runtime, maps as outputs", (o.onnxruntime_python, "peer_onnxruntime.py", "maps"))]
    if o.openvino_python:
        peers.append(("OpenVINO", (o.openvino_python, "peer_openvino.py", "f32")))
        if o.bf16:
            peers.append(("OpenVINO bf16", (o.openvino_python, "peer_openvino.py", "bf16")))
    for python in o.torch_python:
        version = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True).stdout.strip()
        peers.append((f"PyTorch {version}", (python, "peer_torch.py", "plain")))
        if not version.startswith("1."):
            peers.append((f"PyTorch {version}, fused attention", (python, "peer_torch.py", "fused")))
            if o.bf16:
                peers.append((f"PyTorch {version} bf16", (python, "peer_torch.py", "bf16")))
        peers.append((f"PyTorch {version}, maps kept", (python, "peer_torch.py", "maps")))
    return peers


def processor():
    try:
        return re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def measure(runner, network, threads):
    """Rounds of all peers."""
    o = runner.o
    with contextlib.ExitStack() as closing:
        peers = []
        for label, how in peers_of(o):
            peers.append(Peer(runner, label, network, threads, how))
            closing.callback(peers[-1].close)
        for peer in peers:
            peer.ready()
        limits, bf16_limits = [], []
        for turn in range(o.rounds):
            limits.append(runner.limit(threads))
            if o.bf16:
                bf16_limits.append(runner.limit(threads, "--limit-bf16"))
            # Another peer begins each round, so that none always runs on a processor that another has heated.
            for peer in peers[turn % len(peers) :] + peers[: turn % len(peers)]:
                peer.measure(o.seconds)
                print(f"  {network} {threads}T round {turn + 1}/{o.rounds}: {peer.label}: {min(peer.rounds[-1]):.2f} ms", file=sys.stderr)
        gflops, bf16_gflops = (max((g for g, _ in found), default=0.0) for found in (limits, bf16_limits))
        return dict(network=network, threads=threads, gflops=gflops, instruction_set=limits[0][1], seconds=o.seconds,
                    multiply_adds=networks.multiply_adds(**networks.NETWORKS[network]),
                    date=datetime.date.today().isoformat(), processor=processor(),
                    versions=sorted({p.version for p in peers}), errors={p.label: p.errors for p in peers}, bf16_gflops=bf16_gflops, ms={p.label: p.rounds for p in peers})


def agreement(runner, network):
    """How far off Headlight's results are."""
    errors = headlight_errors(runner, network, "exact")
    check(tables.OURS, network, errors)
    return (f"{network}: headlight differs from double precision by {errors['error']:.1e} (of {errors['scale']:.1f}), "
            f"its maps by {errors['map_error']:.1e}")


def main():
    o = options()
    runner = Runner(o)
    results = o.data / "results"
    results.mkdir(parents=True, exist_ok=True)
    for network in o.networks.split(","):
        if not (o.data / network / "reference.npz").exists():
            networks.write(o.data / network, network)
        parts = [t for t in map(int, o.threads.split(",")) if o.again or not (results / f"{network}-{t}.json").exists()]
        if o.prepare or parts:
            print(agreement(runner, network), flush=True)
        for threads in [] if o.prepare else parts:
            part = measure(runner, network, threads)
            (results / f"{network}-{threads}.json").write_text(json.dumps(part, indent=1))
            print(tables.of_part(part), flush=True)
    files = [results / f"{network}-{threads}.json" for network in networks.NETWORKS for threads in range(1, 65)]
    print(tables.of_all([json.loads(file.read_text()) for file in files if file.exists()]))


if __name__ == "__main__":
    main()
