"""Writes the small files of tests/golden/formats/: every container and pickle dialect that checkpoints come in.

Run with any Python that has torch and numpy: python3 make_formats.py. Element i of every tensor is i / 2 - 3, so that
the tests need no second copy of the numbers; what a tensor's shape or strides do to the order is said by its name.
"""

import argparse
import collections
import io
import pathlib
import pickle

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).parent / "formats"
TYPES = {"f64": torch.float64, "f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16, "i64": torch.int64}


def ramp(*shape):
    return torch.arange(int(np.prod(shape)), dtype=torch.float32).reshape(shape) / 2 - 3


def checkpoint():
    """A dictionary as training scripts save it."""
    whole = ramp(4, 6)
    tensors = collections.OrderedDict((name, ramp(3, 4).to(kind)) for name, kind in TYPES.items())
    tensors["transposed"] = ramp(3, 4).t().contiguous().t()  # equals ramp(3, 4), lies column by column
    tensors["rows_from_1"] = whole[1:3]  # shares a storage, begins inside it
    tensors["column_2"] = whole[:, 2]
    tensors["parameter"] = torch.nn.Parameter(ramp(2, 3))
    tensors["scalar"] = torch.tensor(1.5)
    return {"epoch": 3, "state_dict": tensors, "args": argparse.Namespace(lr=1e-3, name="x"), "best": np.float64(0.5),
            "seen": {1, 2}, "sizes": torch.Size([1, 2]), "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}}}


class Small(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = torch.nn.Linear(4, 3)
        with torch.no_grad():
            self.inner.weight.copy_(ramp(3, 4))
            self.inner.bias.copy_(ramp(3))

    def forward(self, x):
        return self.inner(x)


class Evil:
    def __init__(self, function, arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def npy(array, version):
    stream = io.BytesIO()
    np.lib.format.write_array(stream, array, version=version)
    return stream.getvalue()


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.save(checkpoint(), FOLDER / "today.pth")
    torch.save(checkpoint(), FOLDER / "before_1.6.pth", _use_new_zipfile_serialization=False)
    torch.jit.script(Small()).save(str(FOLDER / "script.pt"))

    a = ramp(3, 4).numpy()
    arrays = {"plain": a, "half": a.astype(np.float16), "double": a.astype(np.float64), "fortran": np.asfortranarray(a),
              "folder/cube": ramp(2, 3, 2).numpy(), "scalar": np.float32(1.5)}
    np.savez(FOLDER / "stored.npz", **arrays)
    np.savez_compressed(FOLDER / "deflated.npz", **arrays)
    for version in ((1, 0), (2, 0), (3, 0)):
        (FOLDER / f"v{version[0]}.npy").write_bytes(npy(a, version))

    paddle = {"linear.weight": a, "half": a.astype(np.float16), "pair": ("parameter_0", a), "fortran": np.asfortranarray(a),
              "StructuredToParameterName@@": {"linear.weight": "linear_0.w_0"}}
    for protocol in (2, 4):
        (FOLDER / f"protocol{protocol}.pdparams").write_bytes(pickle.dumps(paddle, protocol))

    evil = {"weight": ramp(1), "bad": Evil(eval, ("1 + 1",))}
    torch.save(evil, FOLDER / "evil.pth")
    torch.save(evil, FOLDER / "evil_before_1.6.pth", _use_new_zipfile_serialization=False)
    (FOLDER / "evil.pdparams").write_bytes(pickle.dumps(Evil(print, ("executed",)), 2))


if __name__ == "__main__":
    main()
