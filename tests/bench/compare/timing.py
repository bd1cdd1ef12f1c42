"""What the peers share: the clock, the comparison with the results in double precision, and the talk with compare.py."""

import gc
import json
import sys
import time

import numpy

MOST_RUNS = 60


def measure(run, seconds):
    """Milliseconds of each run: for `seconds`, and the last may take longer."""
    times, begin = [], time.perf_counter()
    while not times or (time.perf_counter() - begin < seconds and len(times) < MOST_RUNS):
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return times


def warm_up(run):
    begin = time.perf_counter()
    for _ in range(3):
        run()
        if time.perf_counter() - begin > 1.5:
            break


def worst(folder, y, class_rows):
    """Largest differences from the reference: of the result, and of the class token's attention (if there are maps)."""
    reference = numpy.load(folder / "reference.npz")
    errors = dict(error=float(numpy.abs(y - reference["y"]).max()), scale=float(numpy.abs(reference["y"]).max()))
    if len(class_rows):
        errors["map_error"] = float(numpy.abs(numpy.stack(class_rows) - reference["class_rows"]).max())
    return errors


def serve(run, introduction):
    """Warms up and prints the introduction (version and errors); then each line of input is a number of seconds to measure for."""
    gc.disable()
    warm_up(run)
    print(json.dumps(introduction()), flush=True)
    for line in sys.stdin:
        print(json.dumps(measure(run, float(line))), flush=True)
        gc.collect()
