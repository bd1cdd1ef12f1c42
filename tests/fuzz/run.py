#!/usr/bin/env python3
"""tests/fuzz/run.py FUZZ FOLDER: fuzzes every target in turn, one process at a time; FOLDER keeps what was found.

FUZZ is the program of the preset fuzz. FOLDER/corpus/TARGET grows, FOLDER/crashes holds what broke a reader, and
FOLDER/totals.json the executions, edges and processor time so far: a run that is stopped goes on from there.

  --seconds S      of processor time for each target (60): a busy machine does not shorten it
  --rounds N       through all targets (1); 0: until FOLDER/stop exists
  --only NAME …    these targets
  --program FILE   Headlight, for seeds of views and pictures that carry them
  --table          prints the totals and does nothing else
  --keep           writes the smallest files that reach each edge to tests/fuzz/corpus, within BYTES_KEPT
"""

import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = pathlib.Path(__file__).resolve().parent
KEPT = HERE / "corpus"
BYTES_KEPT = {"checkpoint": 40_000, "onnx": 15_000, "config": 15_000}  # of a target in the repository, in all below 300 kB
USUALLY_KEPT = 7_500
MOST_KEPT = 24  # files of a target
INTERRUPTED = 72  # libFuzzer's status after SIGINT
ENVIRONMENT = os.environ | {"ASAN_OPTIONS": "allocator_may_return_null=0:detect_leaks=1:symbolize=1",
                            "UBSAN_OPTIONS": "print_stacktrace=1",
                            "LSAN_OPTIONS": f"suppressions={HERE / 'leaks.txt'}:print_suppressions=0"}


def targets(fuzz):
    """{name: dictionary or None}"""
    words = subprocess.run([fuzz], capture_output=True, text=True).stderr.split("one of", 1)[1].split()
    return {name: (HERE / "dictionaries" / f"{rest}.dict" if rest else None) for name, _, rest in (w.partition(":") for w in words)}


def load(folder):
    file = folder / "totals.json"
    return json.loads(file.read_text()) if file.exists() else {}


def save(folder, totals):
    new = folder / "totals.json.new"
    new.write_text(json.dumps(totals, indent=1) + "\n")
    new.replace(folder / "totals.json")


def used_s(pid):
    """Processor time of a process so far."""
    try:
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def number(pattern, text, otherwise=0):
    found = re.findall(pattern, text)
    return int(found[-1]) if found else otherwise


def fuzz_one(fuzz, folder, name, dictionary, seconds):
    """What one run of one target did."""
    corpus, crashes = folder / "corpus" / name, folder / "crashes"
    corpus.mkdir(parents=True, exist_ok=True)
    crashes.mkdir(exist_ok=True)
    command = [fuzz, f"--target={name}", "-timeout=20", "-rss_limit_mb=3000", "-malloc_limit_mb=600", "-max_len=65536",
               "-print_final_stats=1", "-reload=0", f"-artifact_prefix={crashes}/{name}-", corpus]
    command += [KEPT / name] if (KEPT / name).is_dir() else []
    command += [f"-dict={dictionary}"] if dictionary else []
    log = folder / f"{name}.log"
    before = os.times()
    with log.open("w") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, env=ENVIRONMENT)
        while process.poll() is None:
            if used_s(process.pid) >= seconds or (folder / "stop").exists():
                process.send_signal(signal.SIGINT)  # it sums up, and ends
                process.wait()
            time.sleep(0.2)
    after = os.times()
    status = 0 if process.returncode == INTERRUPTED else process.returncode
    text = log.read_text(errors="replace")
    if status != 0 and was_held_up(command, text):
        status = 0
    cpu_s = after.children_user + after.children_system - before.children_user - before.children_system
    return {"executions": number(r"number_of_executed_units: *(\d+)", text, number(r"(?m)^#(\d+)\t", text)),
            "edges": number(r"\bcov: (\d+)", text), "features": number(r"\bft: (\d+)", text), "cpu_s": cpu_s, "status": status}


def was_held_up(command, text):
    """libFuzzer's limit is of the clock on the wall: a machine that stood still meanwhile is no slow reader."""
    file = re.search(r"Test unit written to (\S*-timeout-\S*)", text)
    if not file:
        return False
    again = subprocess.run([*command[:2], "-timeout=20", file[1]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
    if again.returncode == 0:
        pathlib.Path(file[1]).unlink()
    return again.returncode == 0


def add(totals, name, done):
    mine = totals.setdefault(name, {"executions": 0, "edges": 0, "features": 0, "cpu_s": 0, "crashes": 0, "runs": 0})
    mine["executions"] += done["executions"]
    mine["edges"] = max(mine["edges"], done["edges"])
    mine["features"] = max(mine["features"], done["features"])
    mine["cpu_s"] = round(mine["cpu_s"] + done["cpu_s"], 1)
    mine["runs"] += 1
    mine["crashes"] += done["status"] != 0


def table(totals):
    lines = [f"{'target':20}{'executions':>14}{'edges':>8}{'features':>10}{'CPU min':>9}{'runs':>6}{'broke':>7}"]
    for name, t in totals.items():
        lines.append(f"{name:20}{t['executions']:14,}{t['edges']:8}{t['features']:10}{t['cpu_s'] / 60:9.1f}{t['runs']:6}{t['crashes']:7}")
    lines.append(f"{'all':20}{sum(t['executions'] for t in totals.values()):14,}{'':18}"
                 f"{sum(t['cpu_s'] for t in totals.values()) / 60:9.1f}{'':6}{sum(t['crashes'] for t in totals.values()):7}")
    return "\n".join(lines)


def keep(fuzz, folder, names):
    """The regressions stay; of the rest, the smallest files that reach each edge, as many as there is room for."""
    for name in names:
        here = KEPT / name
        here.mkdir(parents=True, exist_ok=True)
        old = sorted(here.iterdir())
        fixed = [file for file in old if file.name.startswith("broke_")]
        with tempfile.TemporaryDirectory() as merged:
            subprocess.run([fuzz, f"--target={name}", "-set_cover_merge=1", "-timeout=20", "-rss_limit_mb=3000", merged,
                            folder / "corpus" / name, here], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=ENVIRONMENT)
            new = sorted(pathlib.Path(merged).iterdir(), key=lambda file: (file.stat().st_size, file.name))
            contents = [file.read_bytes() for file in new]
        if not contents:
            print(f"{name}: nothing was merged; its corpus stays as it is")
            continue
        for file in set(old) - set(fixed):
            file.unlink()
        room = BYTES_KEPT.get(name, USUALLY_KEPT) - sum(file.stat().st_size for file in fixed)
        chosen = []
        for data in contents:
            if len(data) <= room:
                room -= len(data)
                chosen.append(data)
        chosen = chosen[::max(1, -(-len(chosen) // MOST_KEPT))]  # small and large ones alike
        for data in chosen:
            (here / hashlib.sha1(data).hexdigest()[:12]).write_bytes(data)
        print(f"{name}: {len(chosen)} of {len(contents)} files kept, {len(fixed)} regressions")
    print(f"{sum(file.stat().st_size for file in KEPT.rglob('*') if file.is_file()):,} bytes in all")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("fuzz", type=pathlib.Path)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*")
    parser.add_argument("--program")
    parser.add_argument("--table", action="store_true")
    parser.add_argument("--keep", action="store_true")
    asked = parser.parse_args()
    totals = load(asked.folder)
    if asked.table:
        print(table(totals))
        return 0
    asked.fuzz = asked.fuzz.resolve()
    chosen = {name: words for name, words in targets(asked.fuzz).items() if not asked.only or name in asked.only}
    if asked.keep:
        keep(asked.fuzz, asked.folder, chosen)
        return 0
    asked.folder.mkdir(parents=True, exist_ok=True)
    if not (asked.folder / "corpus").exists():
        program = [asked.program] if asked.program else []
        subprocess.run([sys.executable, HERE / "make_seeds.py", asked.folder / "corpus.new", *program], check=True,
                       stdout=subprocess.DEVNULL)
        shutil.move(asked.folder / "corpus.new", asked.folder / "corpus")
    broke, turn = [], 0
    while (asked.rounds == 0 or turn < asked.rounds) and not (asked.folder / "stop").exists():
        # Whoever had least processor time comes first, so that a run that was stopped goes on evenly.
        for name in sorted(chosen, key=lambda n: totals.get(n, {}).get("cpu_s", 0)):
            if (asked.folder / "stop").exists():
                break
            done = fuzz_one(asked.fuzz, asked.folder, name, chosen[name], asked.seconds)
            add(totals, name, done)
            save(asked.folder, totals)
            print(f"{time.strftime('%H:%M')} {name}: {done['executions']:,} executions, {done['edges']} edges, "
                  f"{done['cpu_s']:.0f} s" + (f", status {done['status']}: see {asked.folder}/{name}.log" if done["status"] else ""),
                  flush=True)
            if done["status"] != 0:
                broke.append(name)
        turn += 1
    print(table(totals))
    return 1 if broke else 0


if __name__ == "__main__":
    sys.exit(main())
