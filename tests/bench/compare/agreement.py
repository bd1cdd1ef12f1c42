"""Whether a peer computes what the reference in double precision does; one that does not ends the comparison."""

import json

import numpy

import networks

AGREEMENT = 1e-3  # of the result, times its largest entry
MAP_AGREEMENT = 2e-4
# Peaked attention of random weights magnifies eight bits of mantissa: a peer in bf16 must be near enough to compute the same
# thing at all, and its error stands in the tables.
COARSE = 0.4


def check(label, network, errors):
    coarse = "bf16" in label
    most = (COARSE if coarse else AGREEMENT) * max(1.0, errors["scale"])
    if errors["error"] > most or errors.get("map_error", 0) > (1 if coarse else MAP_AGREEMENT):
        raise SystemExit(f"{label} computes something else on {network}: {errors}")


def headlight_errors(runner, network, precision):
    """The largest differences of one pass from the reference: of the result and of the class token's attention."""
    data = runner.o.data / network
    out = runner.o.data / "headlight.safetensors"
    runner.call([runner.o.headlight, "export", "--model", data / "weights.safetensors", "--pixels",
                 data / "pixels.safetensors", "--precision", precision, "--tensors", out])
    tensors = read_safetensors(out)
    out.unlink()
    reference = numpy.load(data / "reference.npz")
    y = tensors["logits"] if networks.NETWORKS[network]["classes"] else tensors["features"][0]
    maps = [tensors[f"attention.{b}"][:, 0] for b in range(networks.NETWORKS[network]["blocks"])]
    return dict(error=float(numpy.abs(y - reference["y"]).max()), scale=float(numpy.abs(reference["y"]).max()),
                map_error=float(numpy.abs(numpy.stack(maps) - reference["class_rows"]).max()))


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
