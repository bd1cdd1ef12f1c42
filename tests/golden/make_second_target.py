#!/usr/bin/env python3
"""Golden gradients of a likeness to a second photo, by PyTorch's autograd in float64: tests/golden/beside/second_target.safetensors.

Needs torch, timm, transformers and safetensors. The networks are those of CASES, without a head; side A is the recorded run at
their own size, side B the run ".wide". The target is the cosine of the features (after the last norm) of one of side A's
tokens with those of one of side B's, held fixed: of the class tokens, of the class token with a patch, of a patch with the
class token and with a patch. Under "CASE TOKEN_OF_A TOKEN_OF_B ": gradient.L, rollout.L, gradcam.L and value as
make_gradients.py has them. The file's metadata says what the tokens are.
"""

import json
import pathlib

import timm
import torch
import torch.nn.functional as F
import transformers as hf
from safetensors.torch import load_file, save_file

from make_gradients import gradcam, load, rollouts, run

HERE = pathlib.Path(__file__).resolve().parent
CASES = {"families/timm_dinov2": 1, "families/timm_dinov2_reg4": 5, "families/timm_dinov3": 5}  # and their prefix tokens


def make():
    tensors, index = {}, []
    for case, prefix in CASES.items():
        network = load(case)
        recorded = load_file(HERE / case / "golden.safetensors")
        pixels, second = recorded["pixels"][None].double(), recorded["features.wide"].double()
        patches = recorded["features"].shape[0] - prefix
        for token, other in ((0, 0), (0, prefix + 7), (prefix + 6, 0), (prefix + patches - 1, prefix + 3)):
            def target(_, features):
                assert (features - recorded["features"]).abs().max() < 1e-5, "another network"
                return F.cosine_similarity(features[token], second[other], dim=0)

            attention, grad, tokens, token_grad, value = run(network, pixels, target)
            reads = torch.zeros(prefix + patches, dtype=torch.float64)
            reads[token] = 1
            found = {f"gradient.{b}": g for b, g in enumerate(grad)}
            found |= {f"rollout.{b}": r for b, r in enumerate(rollouts(attention, grad, reads))}
            found |= {f"gradcam.{b}": gradcam(t, g, prefix) for b, (t, g) in enumerate(zip(tokens, token_grad))}
            found["value"] = value[None]
            tensors |= {f"{case} {token} {other} {name}": t.float().contiguous() for name, t in found.items()}
            index.append([case, token, other])
            print(f"{case:30s} {token:2d} with {other:2d}: cosine {value:7.4f}")
    save_file(tensors, HERE / "beside" / "second_target.safetensors",
              {"made by": f"timm {timm.__version__}, transformers {hf.__version__}, torch {torch.__version__}, float64",
               "cases": json.dumps(index)})


if __name__ == "__main__":
    make()
