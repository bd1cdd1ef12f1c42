#!/usr/bin/env python3
"""Small networks whose weights are not stored plainly (tests/golden/stored), each beside NAME_plain.safetensors with the
weights that it means. Random parameters, made for this. Needs torch, safetensors, and omegaconf's names alone."""

import collections
import pathlib
import sys
import types

import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "stored"
C, DEPTH, PATCH, SIDE = 8, 2, 2, 3


def network(seed):
    g = torch.Generator().manual_seed(seed)
    shapes = {"cls_token": (1, 1, C), "pos_embed": (1, 1 + SIDE * SIDE, C), "patch_embed.proj.weight": (C, 3, PATCH, PATCH),
              "patch_embed.proj.bias": (C,), "norm.weight": (C,), "norm.bias": (C,)}
    for b in range(DEPTH):
        p = f"blocks.{b}."
        shapes |= {p + "norm1.weight": (C,), p + "norm1.bias": (C,), p + "attn.qkv.weight": (3 * C, C),
                   p + "attn.qkv.bias": (3 * C,), p + "attn.proj.weight": (C, C), p + "attn.proj.bias": (C,),
                   p + "norm2.weight": (C,), p + "norm2.bias": (C,), p + "mlp.fc1.weight": (2 * C, C),
                   p + "mlp.fc1.bias": (2 * C,), p + "mlp.fc2.weight": (C, 2 * C), p + "mlp.fc2.bias": (C,)}
    return {k: torch.randn(s, generator=g) for k, s in shapes.items()}


def layers(state):
    return [k for k in state if k.startswith("blocks.") and k.endswith("weight") and state[k].dim() == 2]


def plain(name, state):
    save_file({k: v.float().contiguous() for k, v in state.items()}, FOLDER / f"{name}_plain.safetensors")


def codes(weight):
    scale = weight.abs().amax(1, keepdim=True) / 127
    return torch.round(weight / scale).to(torch.int8), scale


def eight_bits():
    for name, code_of, scale_of in (("w8", "{}", "{}_scale"), ("quanto", "{}._data", "{}._scale")):
        stored, meant = network(1), network(1)
        for key in layers(meant):
            q, scale = codes(meant[key])
            meant[key] = q.float() * scale
            del stored[key]
            stored[code_of.format(key)], stored[scale_of.format(key)] = q, scale
        save_file(stored, FOLDER / f"{name}.safetensors")
        plain(name, meant)


def float8():
    stored = network(2)
    for i, key in enumerate(layers(stored)):
        stored[key] = stored[key].to(torch.float8_e4m3fn if i % 2 else torch.float8_e5m2)
    torch.save(stored, FOLDER / "fp8.pth")
    plain("fp8", stored)


def peft():
    meant, stored = network(3), {}
    for key, value in meant.items():
        layer = key.rsplit(".", 1)[0]
        adapted = key.startswith("blocks.") and layer.endswith("attn.qkv")
        stored["base_model.model." + (key.replace("qkv.", "qkv.base_layer.") if adapted else key)] = value.clone()
    stored["base_model.model.norm.modules_to_save.default.weight"] = stored.pop("base_model.model.norm.weight")
    stored["base_model.model.norm.modules_to_save.default.bias"] = stored.pop("base_model.model.norm.bias")
    stored["base_model.model.norm.original_module.weight"] = torch.zeros(C)
    stored["base_model.model.norm.original_module.bias"] = torch.zeros(C)
    for b in range(DEPTH):
        layer = f"base_model.model.blocks.{b}.attn.qkv"
        a, up = torch.randn(2, C), torch.randn(3 * C, 2)
        stored[f"{layer}.lora_A.default.weight"], stored[f"{layer}.lora_B.default.weight"] = a, up
        meant[f"blocks.{b}.attn.qkv.weight"] += 16 / 2 * (up @ a)
    torch.save(stored, FOLDER / "peft.pth")
    (FOLDER / "adapter_config.json").write_text('{"peft_type": "LORA", "lora_alpha": 16, "r": 2}\n')
    plain("peft", meant)


def foreign(module, name):
    """A class of a library that nobody needs to have."""
    package = module.split(".")[0]
    sys.modules.setdefault(package, types.ModuleType(package))
    made = sys.modules.setdefault(module, types.ModuleType(module))
    kind = type(name, (), {"__module__": module})
    setattr(made, name, kind)
    return kind


def whole_module():
    """torch.save(model): the network's own classes, with its parts in _modules and _parameters."""
    state = network(4)
    kind = foreign("somebodys_networks", "Net")

    def build(prefix):
        node = kind()
        node.training, node._parameters, node._modules = False, {}, collections.OrderedDict()
        names = sorted({k[len(prefix):].split(".")[0] for k in state if k.startswith(prefix)})
        for n in names:
            if prefix + n in state:
                node._parameters[n] = torch.nn.Parameter(state[prefix + n])
            else:
                node._modules[n] = build(f"{prefix}{n}.")
        node.parent = node  # objects may refer to each other in circles
        return node

    torch.save(build(""), FOLDER / "module.pth")
    plain("module", state)


def omegaconf():
    state = network(5)
    config = foreign("omegaconf.dictconfig", "DictConfig")()
    config._content, config._parent = {"lr": 0.1}, config
    torch.save({"state_dict": {f"net.{k}": v for k, v in state.items()}, "hyper_parameters": config},
               FOLDER / "omegaconf.ckpt")
    plain("omegaconf", state)


if __name__ == "__main__":
    torch.manual_seed(0)
    FOLDER.mkdir(exist_ok=True)
    for make in (eight_bits, float8, peft, whole_module, omegaconf):
        make()
