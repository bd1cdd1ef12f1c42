"""What the peers share: the clock and the comparison with the results in double precision."""

import time

import numpy


def measure(run, seconds):
    """Median and minimum in ms, and the number of runs: at least 5, for at least `seconds`."""
    for _ in range(3):
        run()
    times, begin = [], time.perf_counter()
    while len(times) < 5 or time.perf_counter() - begin < seconds:
        start = time.perf_counter()
        run()
        times.append((time.perf_counter() - start) * 1e3)
    return float(numpy.median(times)), min(times), len(times)


def worst(folder, y, class_rows):
    """Largest differences from the reference: of the result, and of the class token's attention (if there are maps)."""
    reference = numpy.load(folder / "reference.npz")
    errors = dict(error=float(numpy.abs(y - reference["y"]).max()), scale=float(numpy.abs(reference["y"]).max()))
    if len(class_rows):
        errors["map_error"] = float(numpy.abs(numpy.stack(class_rows) - reference["class_rows"]).max())
    return errors
