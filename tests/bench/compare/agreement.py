"""Whether a peer computes what the reference in double precision does; one that does not ends the comparison."""

import json

import numpy

import networks

AGREEMENT = 1e-3  # of the result, times its largest entry
MAP_AGREEMENT = 2e-4
COARSER = 100  # times as far off is allowed for eight bits of mantissa


def check(label, network, errors):
    by = COARSER if "bf16" in label else 1
    if errors["error"] > by * AGREEMENT * max(1.0, errors["scale"]) or errors.get("map_error", 0) > (5 * by if by > 1 else 1) * MAP_AGREEMENT:
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
