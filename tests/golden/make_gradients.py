#!/usr/bin/env python3
"""Golden gradients by PyTorch's autograd in float64, of networks in other golden folders: tests/golden/gradients/.

Needs torch, timm, transformers and safetensors. Each case is a network that another script wrote: its checkpoint is loaded
into the library that defines it, the pixels are the recorded ones, and the attention probabilities are tensors of the
graph whose gradients autograd keeps. The target is the logit of one class, or, for a network without a head, the dot
product of the features that it is known by (the class token's behind the last norm) with their own direction, held fixed.

gradients.safetensors holds for each case, under "folder/case ":
  gradient.L   (h, N, N) ∂target/∂attention of block L
  rollout.L    (N) relevance of every token for what the target reads, through the blocks 0 … L (Chefer et al. 2021, rule for
               self-attention: R += mean over heads of (gradient ⊙ attention)+ · R, beginning with R = I)
  gradcam.L    (patches) Grad-CAM (Selvaraju et al. 2017) on what block L's attention reads (the output of norm1): channels
               weighted with the mean over the patches of their gradients, summed, negative sums cut
  value        (1) the target
and for networks without a head the same gradients of a cosine, "cosine.gradient.L", with a drawn vector, "direction" (C).
gradients.json lists the cases.
"""

import contextlib
import json
import pathlib

import numpy as np
import timm
import torch
import torch.nn.functional as F
import transformers as hf
from safetensors.torch import load_file, save_file
from timm.models.vision_transformer import VisionTransformer

import make_families_blocks
import make_families_hf
import make_families_timm
import make_vit
import reference

HERE = pathlib.Path(__file__).resolve().parent

# case: the class whose logit is asked about (None: features), and what the prediction reads
CASES = {
    "vit/plain": (3, "class"),
    "vit/no_head": (None, "class"),
    "vit/one_head": (1, "class"),
    "vit/heads_of_one": (0, "class"),
    "families/timm_vit": (2, "class"),
    "families/timm_rmsnorm": (1, "class"),
    "families/timm_silu": (4, "class"),
    "families/timm_gap_no_class_token": (2, "patches"),
    "families/timm_fc_norm": (0, "patches"),
    "families/timm_clip_quickgelu": (3, "class"),
    "families/timm_dinov2": (None, "class"),
    "families/timm_dinov2_reg4": (None, "class"),
    "families/timm_dinov2_swiglu": (None, "class"),
    "families/timm_reg4_gap": (1, "patches"),
    "families/timm_deit3": (2, "class"),
    "families/timm_deit_distilled": (3, "class and distillation"),
    "families/timm_dinov3": (None, "class"),
    "families/timm_rope_gap": (2, "patches"),
    "families/timm_eva02": (4, "patches"),
    "families/timm_eva02_clip": (1, "class"),
    "families/timm_parallel": (2, "patches"),
    "families/timm_pre_logits": (3, "class"),
    "families/hf_vit": (1, "class"),
    "families/hf_vit_relu": (0, "class"),
    "families/hf_deit": (2, "class and distillation"),
    "families/hf_dinov2_head": (3, "class and patches"),
    "families/hf_clip_head": (2, "patches"),
    "families/hf_siglip_head": (1, "patches"),
    "families/hf_ijepa_head": (4, "patches"),
    "families/hf_dinov3": (None, "class"),
}
WIDE = ("families/timm_dinov3", "families/timm_eva02", "families/timm_vit")  # at another, non-square size, too


class Reference:
    """A network of a golden case: forward(pixels) gives (logits or None, features (N, C)); `norms` are its norm1."""

    def __init__(self, model, blocks, norm1, forward):
        self.model, self.forward = model.eval().double(), forward
        self.norms = [next(m for n, m in block.named_modules() if n in norm1) for block in blocks]


def plain_timm(name):
    arguments = {k: v for k, v in make_vit.CASES[name].items() if k not in ("dtype", "token_std")}
    return VisionTransformer(**arguments)


def family_timm(name):
    if name in make_families_blocks.TIMM:
        architecture, _, _, more = make_families_blocks.TIMM[name]
        return timm.create_model(architecture, **{**make_families_blocks.SMALL, **more})
    architecture, _, _, _, more = make_families_timm.CASES[name]
    return timm.create_model(architecture, dynamic_img_size=True, **(make_families_timm.SMALL | more))


def timm_reference(model, folder):
    model.load_state_dict({k: v.float() for k, v in load_file(folder / "model.safetensors").items()})

    def forward(pixels):
        features = model.forward_features(pixels)
        return (model.forward_head(features) if model.num_classes else None), features[0]

    return Reference(model, model.blocks, ("norm1", "in_norm"), forward)


def pre_logits_reference(folder):
    model = make_families_blocks.PreLogits()
    weights = torch.load(folder / "vit_base_patch16_224_in21k.pth")
    model.load_state_dict({k if k.startswith(("head", "pre_logits")) else "trunk." + k: v for k, v in weights.items()})
    model.patch_embed = model.trunk.patch_embed
    return Reference(model, model.trunk.blocks, ("norm1",), lambda pixels: (model(pixels), None))


def hf_reference(name, folder):
    build, config = make_families_hf.CASES[name][:2]
    config._attn_implementation = "sdpa"
    model = build.from_pretrained(folder, config=config, dtype=torch.float32)
    blocks = next(m for n, m in model.named_modules()
                  if isinstance(m, torch.nn.ModuleList) and len(m) == make_families_hf.DEPTH)

    def forward(pixels):
        out = model(pixels)
        logits = getattr(out, "logits", None)
        return logits, out.last_hidden_state[0] if logits is None else None

    return Reference(model, blocks, ("norm1", "layernorm_before", "layer_norm1"), forward)


def load(case):
    kind, name = case.split("/")
    folder = HERE / case
    if name == "timm_pre_logits":
        return pre_logits_reference(folder)
    if kind == "vit":
        return timm_reference(plain_timm(name), folder)
    return timm_reference(family_timm(name), folder) if name.startswith("timm") else hf_reference(name, folder)


@contextlib.contextmanager
def kept_attention():
    """Collects the probabilities of every attention, as tensors whose gradients are kept."""
    found, fused = [], F.scaled_dot_product_attention

    def written_out(query, key, value, attn_mask=None, dropout_p=0.0, is_causal=False, scale=None, **_):
        assert attn_mask is None and dropout_p == 0 and not is_causal
        p = torch.softmax(query @ key.transpose(-2, -1) * (scale or query.shape[-1] ** -0.5), -1)
        p.retain_grad()
        found.append(p)
        return p @ value

    F.scaled_dot_product_attention = written_out
    try:
        yield found
    finally:
        F.scaled_dot_product_attention = fused


@contextlib.contextmanager
def kept_outputs(modules):
    """Collects the modules' outputs, likewise."""
    found = []

    def keep(_, __, output):
        output.retain_grad()
        found.append(output)

    handles = [m.register_forward_hook(keep) for m in modules]
    try:
        yield found
    finally:
        for handle in handles:
            handle.remove()


def run(network, pixels, target):
    """([attention], [their gradients], [norm1's outputs], [their gradients], the target's value), by `target(logits, features)`."""
    with kept_attention() as attention, kept_outputs(network.norms) as tokens:
        value = target(*network.forward(pixels))
    attention, tokens = attention[:len(network.norms)], tokens[:len(network.norms)]
    value.backward()
    grad = [a.grad[0] if a.grad is not None else torch.zeros_like(a[0]) for a in attention]
    return ([a.detach()[0] for a in attention], grad, [t.detach()[0] for t in tokens], [t.grad[0] for t in tokens],
            value.detach())


def rollouts(attention, grad, reads):
    """Row by what the target reads of R after every block."""
    relevance = torch.eye(attention[0].shape[-1], dtype=torch.float64)
    for a, g in zip(attention, grad):
        relevance = relevance + (g * a).clamp(min=0).mean(0) @ relevance
        yield reads @ relevance


def gradcam(tokens, grad, prefix):
    weights = grad[prefix:].mean(0)
    return (tokens[prefix:] @ weights).clamp(min=0)


def what_is_read(kind, prefix, count):
    of = {"class": [[0]], "patches": [range(prefix, count)], "class and distillation": [[0], [1]],
          "class and patches": [[0], range(prefix, count)]}[kind]
    reads = torch.zeros(count, dtype=torch.float64)
    for part in of:
        reads[list(part)] += 1 / len(of) / len(part)
    return reads


def make_case(case, tensors, index):
    logit, kind = CASES[case]
    network = load(case)
    recorded = load_file(HERE / case / "golden.safetensors")
    for suffix in ("", ".wide") if case in WIDE else ("",):
        pixels = recorded["pixels" + suffix][None].double()

        def target(logits, features):
            if logit is not None:
                assert (logits[0] - recorded["logits" + suffix]).abs().max() < 1e-5, "another network"
                return logits[0, logit]
            assert (features - recorded["features" + suffix]).abs().max() < 1e-5, "another network"
            own = features[0].detach()
            return features[0] @ (own / own.norm())

        attention, grad, tokens, token_grad, value = run(network, pixels, target)
        for b, a in enumerate(attention):
            assert (a - recorded[f"attention.{b}{suffix}"]).abs().max() < 1e-5, "another network"
        count = attention[0].shape[-1]
        patch = getattr(network.model, "patch_embed", None)
        side = patch.patch_size[0] if patch is not None else make_families_hf.PATCH
        prefix = count - (pixels.shape[-1] // side) * (pixels.shape[-2] // side)
        reads = what_is_read(kind, prefix, count)
        key = f"{case}{suffix} "
        found = {f"gradient.{b}": g for b, g in enumerate(grad)}
        found |= {f"rollout.{b}": r for b, r in enumerate(rollouts(attention, grad, reads))}
        found |= {f"gradcam.{b}": gradcam(t, g, prefix) for b, (t, g) in enumerate(zip(tokens, token_grad))}
        found["value"] = value[None]
        if logit is None:
            direction = torch.from_numpy(np.random.default_rng(7).standard_normal(recorded["features"].shape[-1])).float()
            found["direction"] = direction
            _, grad, _, _, _ = run(network, pixels, lambda _, f: F.cosine_similarity(f[0], direction.double(), dim=0))
            found |= {f"cosine.gradient.{b}": g for b, g in enumerate(grad)}
        tensors |= {key + name: tensor.float().contiguous() for name, tensor in found.items()}
        index.append(dict(network=case, suffix=suffix, blocks=len(attention), logit=-1 if logit is None else logit))
        largest = [f"{found[f'gradient.{b}'].abs().max():.2e}" for b in range(len(attention))]
        print(f"{key:40s} {count:3d} tokens, {prefix} prefix, target {value:8.4f}, largest gradients {', '.join(largest)}")


if __name__ == "__main__":
    goldens, cases = {}, []
    for one in CASES:
        make_case(one, goldens, cases)
    out = HERE / "gradients"
    out.mkdir(exist_ok=True)
    save_file(goldens, out / "gradients.safetensors",
              {"made by": f"timm {timm.__version__}, transformers {hf.__version__}, torch {torch.__version__}, float64"})
    (out / "gradients.json").write_text("[\n " + ",\n ".join(json.dumps(c) for c in cases) + "\n]\n")
    print(f"{len(goldens)} tensors, {sum(f.stat().st_size for f in out.iterdir()) / 1024:.0f} KB")
