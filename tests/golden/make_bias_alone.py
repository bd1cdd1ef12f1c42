#!/usr/bin/env python3
"""What BEiT's relative position bias does alone: the softmax of it, by Hugging Face's own module on the golden networks of
`families`, in float64. Needs torch, transformers and safetensors; run by hand."""

import pathlib

import torch
import transformers as hf
from safetensors.torch import save_file

HERE = pathlib.Path(__file__).parent
CASES = {"hf_beit": hf.BeitForImageClassification, "hf_beit_masked": hf.BeitForMaskedImageModeling}
GRIDS = {"": (4, 4), ".wide": (2, 6)}  # patches: of the networks themselves, and another


def bias_modules(model):
    """Of every block: its own, or the one that all share."""
    encoder = model.beit.encoder if hasattr(model.beit, "encoder") else model.beit
    found = [m for n, m in model.named_modules() if type(m).__name__ == "BeitRelativePositionBias"]
    blocks = model.config.num_hidden_layers
    return found if len(found) == blocks else found * blocks


def main():
    tensors = {}
    for case, build in CASES.items():
        model = build.from_pretrained(HERE / "families" / case).double().eval()
        for suffix, grid in GRIDS.items():
            for block, module in enumerate(bias_modules(model)):
                with torch.no_grad():
                    bias = module(grid)
                    count = grid[0] * grid[1] + 1
                    bias = bias.reshape(-1, count, count)
                tensors[f"{case}{suffix}.{block}"] = torch.softmax(bias, -1).float().contiguous()
    (HERE / "bias").mkdir(exist_ok=True)
    save_file(tensors, HERE / "bias" / "bias.safetensors",
              {"made by": f"transformers {hf.__version__}, torch {torch.__version__}, float64"})
    print({name: tuple(value.shape) for name, value in tensors.items()})


if __name__ == "__main__":
    main()
