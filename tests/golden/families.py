"""Common ground of the scripts that make goldens of checkpoint families: tests/golden/families/<case>/.

A case is a folder with a checkpoint as that family's users have it (real names, real container, its config files if it
has any) and golden.safetensors. That holds, for the run at the network's own size on photo.png, `pixels`,
`attention.L`, `hidden.L`, `features`, `logits`; and the same with the suffix `.wide` for another, non-square size where
the family allows one. Its metadata says what the reference was: `checkpoint` (file or "." for the folder), `num_heads`
where no file says it, `family`, and the preprocessing of the photo in Headlight's own terms.
"""

import contextlib
import pathlib
import re

import torch
import torch.nn.functional as F
from PIL import Image
from safetensors.torch import save_file

import reference

ROOT = pathlib.Path(__file__).parent / "families"
PATCH, SIZE, WIDTH, HEADS, DEPTH, CLASSES = 4, 16, 16, 2, 2, 5  # of every small network
WIDE = (8, 24)  # px, height and width of the other size: fewer rows and more columns than the positions have
IMAGENET = ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225))
HALF = ((0.5,) * 3, (0.5,) * 3)
CLIP = ((0.48145466, 0.4578275, 0.40821073), (0.26862954, 0.26130258, 0.27577711))


def photo():
    return Image.open(ROOT / "photo.png").convert("RGB")


def text(numbers):
    return ",".join(f"{n:.9g}" for n in numbers)


def shorter_side(resize_px, size, stats, interpolation="bicubic"):
    return {"resize": f"shorter:{resize_px}", "crop": f"{size}x{size}", "interpolation": interpolation,
            "mean": text(stats[0]), "std": text(stats[1])}


def squash(size, stats, interpolation):
    return {"resize": "squash", "crop": f"{size}x{size}", "interpolation": interpolation,
            "mean": text(stats[0]), "std": text(stats[1])}


def normalized(image, stats):
    pixels = torch.tensor(list(image.getdata()), dtype=torch.float64).reshape(image.height, image.width, 3) / 255
    mean, std = (torch.tensor(s, dtype=torch.float64) for s in stats)
    return ((pixels - mean) / std).permute(2, 0, 1)[None]


def wide_pixels(stats):
    return normalized(photo().resize((WIDE[1], WIDE[0]), Image.BICUBIC), stats)


@contextlib.contextmanager
def attention_recording():
    """Collects the probabilities of every fused attention, from the queries and keys that it is handed, and what it is
    told to add to their scores."""
    found, masks = [], []
    fused = F.scaled_dot_product_attention

    def recorded(query, key, value, attn_mask=None, *args, **kwargs):
        scale = kwargs.get("scale") or query.shape[-1] ** -0.5
        scores = query @ key.transpose(-2, -1) * scale
        if attn_mask is not None:
            scores = scores + attn_mask
        found.append(torch.softmax(scores, -1)[0].detach().clone())
        masks.append(0.0 if attn_mask is None else attn_mask.detach().reshape(attn_mask.shape[-3:]))
        return fused(query, key, value, attn_mask, *args, **kwargs)

    F.scaled_dot_product_attention = recorded
    try:
        yield found, masks
    finally:
        F.scaled_dot_product_attention = fused


@contextlib.contextmanager
def softmax_recording(dropouts):
    """The same for attention written out: what enters the dropout after the softmax."""
    with reference.recording(dropouts, lambda inputs, _: inputs[0][0]) as found:
        yield found, [0.0] * len(dropouts)


def query_and_key(block):
    """The parameters of a block that make queries and keys, one per call of the same rows."""
    found = []
    for name, parameter in block.named_parameters():
        if re.search(r"(qkv\.(weight|bias)|to_qkv\.weight|in_proj_(weight|bias))$", name):
            channels = parameter.shape[0] // 3
            found += [parameter[:channels], parameter[channels:2 * channels]]
        elif re.search(r"(query|key|q_proj|k_proj)\.(weight|bias)$|\.q_bias$", name):
            found.append(parameter)
    assert found, [n for n, _ in block.named_parameters()]
    return found


def epsilon(block):
    """Of the block's norms: another one changes too little to be seen where tokens have a std of 0.5."""
    norm = next(m for m in block.modules() if "Norm" in type(m).__name__ and not hasattr(m, "attn"))
    return getattr(norm, "eps", None) or norm.variance_epsilon


def first(output):
    return output[0] if isinstance(output, (tuple, list)) else output


class Network:
    """A reference implementation and where to look into it.

    `forward(pixels)` runs it and returns class logits or None. `blocks` are its blocks, `norm` its last norm over all
    tokens (None where there is none before pooling). `written_out`: dropouts of attention that is not fused.
    `tokens_first`: the blocks work on (tokens, batch, channels). `pooled(pixels)`: what an attention pool makes of them.
    """

    def __init__(self, model, blocks, norm, forward, written_out=None, tokens_first=False,
                 pooled=None):
        self.model, self.blocks, self.norm, self.forward = model.eval().double(), list(blocks), norm, forward
        self.written_out, self.pooled = written_out, pooled
        self.pick = (lambda i, o: first(o)[:, 0]) if tokens_first else (lambda i, o: first(o)[0])

    def attention(self, pixels):
        recorder = softmax_recording(self.written_out) if self.written_out else attention_recording()
        with torch.no_grad(), recorder as (found, masks):
            self.forward(pixels)
        self.biases = masks[:len(self.blocks)]
        return found[:len(self.blocks)]  # a pooling head may attend, too

    def draw(self, name, pixels, token_std=0.5):
        rng = reference.generator(name)
        reference.redraw(self.model, rng, token_std)
        reference.peak_heads(lambda: self.attention(pixels), lambda b: query_and_key(self.blocks[b]),
                             len(self.blocks), rng, lambda b: self.biases[b])
        with torch.no_grad():
            for parameter in self.model.parameters():
                parameter.copy_(parameter.float().double())

    def run(self, pixels, suffix=""):
        golden = {"pixels": pixels[0]}
        with torch.no_grad(), reference.recording(self.blocks, self.pick) as hidden:
            logits = self.forward(pixels)
            golden |= {f"attention.{b}": a for b, a in enumerate(self.attention(pixels))}
            hidden = hidden[:len(self.blocks)]
            golden |= {f"hidden.{b}": h for b, h in enumerate(hidden)}
            if self.norm is not None:
                golden["features"] = self.norm(hidden[-1][None])[0]
            if self.pooled is not None:
                golden["pooled"] = self.pooled(pixels)[0]
            if logits is not None:
                golden["logits"] = logits[0]
        return {k + suffix: v for k, v in golden.items()}


class Reordered(Network):
    """Tokens in Headlight's order, and what enters the next block in place of what a block gives (YOLOS adds positions
    in between). `order(count)` lists the network's own places of the tokens."""

    def __init__(self, *args, order, **kwargs):
        super().__init__(*args, **kwargs)
        self.order = order

    def run(self, pixels, suffix=""):
        golden = super().run(pixels, suffix)
        entering = []
        handles = [b.register_forward_pre_hook(lambda _, inputs: entering.append(inputs[0][0].detach().clone()))
                   for b in self.blocks[1:]]
        with torch.no_grad():
            self.forward(pixels)
        for handle in handles:
            handle.remove()
        golden |= {f"hidden.{b}{suffix}": x for b, x in enumerate(entering)}
        places = self.order(golden[f"hidden.0{suffix}"].shape[0])
        for name, value in golden.items():
            if name.startswith("attention"):
                golden[name] = value[:, places][:, :, places]
            elif name.startswith(("hidden", "features")):
                golden[name] = value[places]
        return golden


def make(name, network, pixels, metadata, write, wide=None, wide_network=None):
    """Draws the network's parameters, runs it at its own size and at another, writes the case.

    `write(folder)` writes the checkpoint, with parameters as F32. `wide_network(folder)`, where a family resamples
    positions while it loads, gives the network that was loaded for the other size.
    """
    folder = ROOT / name
    folder.mkdir(parents=True, exist_ok=True)
    network.draw(name, pixels)
    golden = network.run(pixels)
    if wide is not None and wide_network is None:
        golden |= network.run(wide, ".wide")
    network.model.float()
    write(folder)
    if wide_network is not None:
        golden |= wide_network(folder).run(wide, ".wide")
    save_file({k: v.float().contiguous() for k, v in golden.items()}, folder / "golden.safetensors",
              {"eps": f"{epsilon(network.blocks[0]):g}"} | {k: str(v) for k, v in metadata.items()})
    peaks = [golden[k].amax(dim=(1, 2)) for k in golden if k.startswith("attention.")]
    print(f"{name:32s} {sum(f.stat().st_size for f in folder.rglob('*') if f.is_file()) / 1024:5.0f} KB  "
          f"peaks {min(p.min() for p in peaks):.3f} … {max(p.max() for p in peaks):.3f}  "
          f"largest hidden {max(golden[k].abs().max() for k in golden if k.startswith('hidden')):.2f}")
