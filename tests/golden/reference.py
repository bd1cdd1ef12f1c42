"""Common ground of the scripts that make golden tensors: draws parameters, records a run, writes the files.

A freshly initialised network hides mistakes (zero biases, near-uniform attention, LayerScale of 1e-5), so every
parameter is drawn anew, and the queries and keys of each head are scaled until that head's largest probability is
clearly peaked. The references run in float64; what is stored is rounded to float32 once.
"""

import contextlib
import json
import pathlib

import numpy as np
import torch
from safetensors.torch import save_file

PEAK = (0.55, 0.99)  # targets of a head's largest probability; what is reached must lie within 0.5 … 0.999


def redraw(model, rng, token_std=0.5):
    """Draws every parameter of the network. `token_std`: class token, registers and positions."""

    def draw(shape, std, mean=0.0):
        return torch.from_numpy(mean + std * rng.standard_normal(tuple(shape)))

    done = set()
    with torch.no_grad():
        for module in model.modules():
            is_norm = "Norm" in type(module).__name__
            for name, parameter in module.named_parameters(recurse=False):
                if id(parameter) in done:
                    continue
                done.add(id(parameter))
                shape = parameter.shape
                if is_norm:
                    value = draw(shape, 0.1, 1.0 if name == "weight" else 0.0)
                elif "gamma" in name or "lambda" in name:  # LayerScale
                    value = torch.from_numpy(rng.uniform(0.3, 1.0, tuple(shape)))
                elif name.endswith("bias"):
                    value = draw(shape, 0.1)
                elif isinstance(module, (torch.nn.Linear, torch.nn.Conv2d)) or name == "in_proj_weight":
                    value = draw(shape, (parameter.numel() / shape[0]) ** -0.5)
                else:  # tokens and positions
                    value = draw(shape, token_std)
                parameter.copy_(value)


def peak_factor(attention, target, bias=0.0):
    """The factor on a head's scores that makes its largest probability `target`. attention: (N, N) at factor 1, of
    scores to which `bias` was added."""
    scores = torch.log(attention) - bias
    low, high = 1e-3, 1e3
    for _ in range(60):
        middle = (low * high) ** 0.5
        if torch.softmax(middle * scores + bias, -1).max() < target:
            low = middle
        else:
            high = middle
    return low


def peak_heads(run, query_and_key, depth, rng, bias=lambda block: 0.0):
    """Scales queries and keys block by block.

    `run()` gives the attention of every block, (h, N, N) each; `query_and_key(block)` gives the parameters that end
    with output rows as their first axis: the weights and biases of queries, then of keys. `bias(block)`, after a run, is
    what the block adds to its scores, (h, N, N).
    """
    for block in range(depth):
        attention = run()[block]
        added = torch.zeros_like(attention) + bias(block)
        factors = torch.stack(
            [torch.tensor(peak_factor(head, rng.uniform(*PEAK), more), dtype=torch.float64)
             for head, more in zip(attention, added)]
        ).sqrt()
        with torch.no_grad():
            for parameter in query_and_key(block):
                rows = factors.repeat_interleave(parameter.shape[0] // len(factors))
                parameter.mul_(rows.reshape(-1, *[1] * (parameter.dim() - 1)))
    for block, attention in enumerate(run()):
        peaks = attention.amax(dim=(1, 2))
        assert 0.5 < peaks.min() and peaks.max() < 0.999, f"block {block}: {peaks}"


@contextlib.contextmanager
def recording(modules, pick):
    """Collects `pick(inputs, output)` of every call of the modules, in order."""
    found = []
    handles = [m.register_forward_hook(lambda _, i, o: found.append(pick(i, o).detach().clone())) for m in modules]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def store(folder, weights, config, golden, dtype=torch.float32, metadata=None):
    """Writes model.safetensors, config.json and golden.safetensors into the folder of a case."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    save_file({k: v.to(dtype).contiguous() for k, v in weights.items()}, folder / "model.safetensors")
    golden = {k: v.to(torch.float32).contiguous() for k, v in golden.items()}
    save_file(golden, folder / "golden.safetensors", metadata)
    if config is not None:
        (folder / "config.json").write_text(json.dumps(config, indent=1) + "\n")
    size = sum(f.stat().st_size for f in folder.iterdir())
    peaks = [golden[k].amax(dim=(1, 2)) for k in golden if k.startswith("attention.")]
    print(f"{folder.name:28s} {size / 1024:6.0f} KB  peaks {min(p.min() for p in peaks):.3f} … "
          f"{max(p.max() for p in peaks):.3f}  largest hidden {golden[f'hidden.{len(peaks) - 1}'].abs().max():.2f}")


def generator(name):
    """A random generator that depends on the case's name alone, so that cases do not disturb each other."""
    return np.random.default_rng(list(name.encode()))
