#!/usr/bin/env python3
"""headlight bench against ONNX Runtime and PyTorch, alternately, on the same random networks; see README.md."""

import argparse
import json
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys

import numpy

import networks

HERE = pathlib.Path(__file__).resolve().parent
# Left over from elsewhere, these choose other kernels (PyTorch loses a third with OPENBLAS_CORETYPE=Haswell) or threads.
UNWANTED = re.compile(r"^(OPENBLAS|OMP|MKL|GOTO|KMP|BLIS|GOMP|DNNL|ORT|HEADLIGHT)_")
AGREEMENT = 1e-3  # of the result, times its largest entry
MAP_AGREEMENT = 2e-4


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--headlight", required=True, help="the program")
    parser.add_argument("--kernels-bench", required=True, help="the kernel bench, which knows the processor's limit")
    parser.add_argument("--onnxruntime-python", required=True, help="a Python that has onnxruntime")
    parser.add_argument("--torch-python", action="append", default=[], help="a Python that has torch; several at will")
    parser.add_argument("--data", type=pathlib.Path, required=True, help="folder of the networks")
    parser.add_argument("--networks", default=",".join(networks.NETWORKS))
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3, help="of each peer, network, thread count and round")
    parser.add_argument("--prefix", default="", help='a command that runs the peers, such as "chrt -f 10"')
    parser.add_argument("--json", type=pathlib.Path, help="all figures, for later")
    return parser.parse_args()


class Runner:
    def __init__(self, o):
        self.o = o
        self.environment = {k: v for k, v in os.environ.items() if not UNWANTED.match(k)}
        self.versions = {}

    def call(self, command, threads=1):
        environment = dict(self.environment, OMP_NUM_THREADS=str(threads))
        done = subprocess.run(self.o.prefix.split() + [str(c) for c in command], env=environment, cwd=HERE,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(map(str, command))} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def peer(self, label, python, script, network, mode, threads):
        text = self.call([python, HERE / script, self.o.data, network, mode, threads, self.o.seconds], threads)
        result = json.loads(text.strip().splitlines()[-1])
        self.versions[label] = result["version"]
        check(label, network, result)
        return result

    def headlight(self, network, keep, threads, runs):
        out = self.o.data / "bench.json"
        self.call([self.o.headlight, "bench", "--model", self.o.data / network / "weights.safetensors", "--threads",
                   threads, "--runs", runs, "--keep", keep, "--json", out], threads)
        return read_bench(json.loads(out.read_text()))

    def limit(self, threads):
        """GFLOP/s of multiply-adds of that many programs at once, and the instruction set."""
        command = self.o.prefix.split() + [self.o.kernels_bench, "--limit"]
        running = [subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True) for _ in range(threads)]
        outputs = [p.communicate()[0] for p in running]
        found = [re.search(r"limit of (\w+), one thread: ([\d.]+)", text) for text in outputs]
        return (sum(float(m.group(2)) for m in found), found[0].group(1)) if all(found) else (0.0, "unknown")


def read_bench(report):
    return dict(median=report["ms_median"], minimum=report["ms_min"], runs=report["runs"])


def check(label, network, result):
    if result["error"] > AGREEMENT * max(1.0, result["scale"]) or result.get("map_error", 0) > MAP_AGREEMENT:
        raise SystemExit(f"{label} computes something else on {network}: {result}")


def check_headlight(runner, network):
    """Exports the results of one pass and compares them with the reference in double precision."""
    data = runner.o.data / network
    out = runner.o.data / "headlight.safetensors"
    runner.call([runner.o.headlight, "export", "--model", data / "weights.safetensors", "--pixels",
                 data / "pixels.safetensors", "--tensors", out])
    tensors = read_safetensors(out)
    reference = numpy.load(data / "reference.npz")
    y = tensors["logits"] if networks.NETWORKS[network]["classes"] else tensors["features"][0]
    maps = [tensors[f"attention.{b}"][:, 0] for b in range(networks.NETWORKS[network]["blocks"])]
    result = dict(error=float(numpy.abs(y - reference["y"]).max()), scale=float(numpy.abs(reference["y"]).max()),
                  map_error=float(numpy.abs(numpy.stack(maps) - reference["class_rows"]).max()))
    check("headlight", network, result)
    return result


def read_safetensors(path):
    raw = path.read_bytes()
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    tensors = {}
    for key, entry in header.items():
        if key != "__metadata__":
            begin, end = entry["data_offsets"]
            tensors[key] = numpy.frombuffer(raw[8 + length + begin : 8 + length + end], "<f4").reshape(entry["shape"])
    return tensors


def peers_of(o):
    """(label, keeps its maps, how to run it), in the order of a round."""
    peers = [("headlight, maps kept", True, ("headlight", "maps")), ("headlight, nothing kept", False, ("headlight", "none")),
             ("ONNX Runtime", False, (o.onnxruntime_python, "peer_onnxruntime.py", "plain")),
             ("ONNX Runtime, maps as outputs", True, (o.onnxruntime_python, "peer_onnxruntime.py", "maps"))]
    for python in o.torch_python:
        version = subprocess.run([python, "-c", "import torch; print(torch.__version__)"], capture_output=True, text=True).stdout.strip()
        peers.append((f"PyTorch {version}", False, (python, "peer_torch.py", "plain")))
        if not version.startswith("1."):
            peers.append((f"PyTorch {version}, fused attention", False, (python, "peer_torch.py", "fused")))
        peers.append((f"PyTorch {version}, maps kept", True, (python, "peer_torch.py", "maps")))
    return peers


def processor():
    try:
        return re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text()).group(1)
    except (OSError, AttributeError):
        return platform.processor() or platform.machine()


def compare(runner, network, threads):
    """Rounds of all peers; their results, and the limit in ms."""
    o = runner.o
    peers = peers_of(o)
    results = {label: [] for label, _, _ in peers}
    limits, runs = [], 5
    for turn in range(o.rounds):
        limits.append(runner.limit(threads))
        # Another peer begins each round, so that none always runs on a processor that another has heated.
        for label, _, how in peers[turn % len(peers) :] + peers[: turn % len(peers)]:
            if how[0] == "headlight":
                result = runner.headlight(network, how[1], threads, runs)
                runs = max(5, int(o.seconds * 1000 / result["median"]))
            else:
                result = runner.peer(label, how[0], how[1], network, how[2], threads)
            results[label].append(result)
            print(f"  {network} {threads}T round {turn + 1}/{o.rounds}: {label}: {result['minimum']:.2f} ms", file=sys.stderr)
    gflops = max(g for g, _ in limits)
    limit_ms = 2e-6 * networks.multiply_adds(**networks.NETWORKS[network]) / gflops if gflops else 0.0
    return results, limit_ms, limits[0][1], gflops


def print_table(network, threads, results, limit_ms, isa, gflops):
    ours = [r["minimum"] for r in results["headlight, maps kept"]]
    print(f"\n### {network}, {threads} thread{'s' if threads > 1 else ''}\n")
    if limit_ms:
        print(f"Multiply-adds alone take {limit_ms:.2f} ms at {gflops:.0f} GFLOP/s, this processor's limit with {isa}.\n")
    print("| | median ms | minimum ms | % of the limit | times as long as headlight with its maps | round by round |")
    print("|---|---|---|---|---|---|")
    for label, rounds in results.items():
        minima = [r["minimum"] for r in rounds]
        ratios = [theirs / own for theirs, own in zip(minima, ours)]
        share = f"{100 * limit_ms / min(minima):.0f}" if limit_ms else "?"
        print(f"| {label} | {statistics.median(r['median'] for r in rounds):.2f} | {min(minima):.2f} | {share} "
              f"| {statistics.median(ratios):.2f} | {' '.join(f'{r:.2f}' for r in ratios)} |")
    sys.stdout.flush()


def main():
    o = options()
    runner = Runner(o)
    everything = {}
    for network in o.networks.split(","):
        if not (o.data / network / "reference.npz").exists():
            networks.write(o.data / network, network)
        errors = check_headlight(runner, network)
        print(f"{network}: headlight differs from double precision by {errors['error']:.1e} (of {errors['scale']:.1f}), "
              f"its maps by {errors['map_error']:.1e}")
        for threads in map(int, o.threads.split(",")):
            results, *limit = compare(runner, network, threads)
            print_table(network, threads, results, *limit)
            everything[f"{network} {threads}"] = dict(results=results, limit_ms=limit[0])
    print(f"\n{processor()}; {runner.call([o.headlight, '--version']).strip().splitlines()[0]}; "
          + "; ".join(sorted(set(runner.versions.values()))) + f"; {o.rounds} rounds of {o.seconds:g} s.")
    if o.json:
        o.json.write_text(json.dumps(everything, indent=1))


if __name__ == "__main__":
    main()
