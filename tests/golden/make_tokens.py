#!/usr/bin/env python3
"""Golden views of what the tokens hold, from the hidden states recorded in other golden cases: tests/golden/tokens/.

Needs numpy and safetensors. Everything is computed in float64 and rounded to float32 once, from the recorded hidden.L
(which reference implementations made) and the weights of the case's checkpoint. Of every network:

    similarity.B.KIND   (Q, N) cosine of the queries' tokens with all; KIND is output, or q, k, v of block B: the projections
                        of norm1(hidden.(B-1))
    positions           (Q, N) likewise of the stored position embeddings
    norms               (L, N) length of every token after every block
    components.B.KIND   (3, P) the first three principal components of the patches, by a singular value decomposition
    ratios.B.KIND       (3) their shares of the variance
    refitted.B          (3, P) those of the foreground alone: patches whose first component is more than THRESHOLD times its
                        root mean square; zeros elsewhere
    logits              (L, K) last norm, pooling and head applied to every block's output
    patches             (L, P) the logit of the class `class`, of every patch in place of what the head pools
    features            (L) without a head: cosine of each block's class token (or mean of the patches), after the last
                        norm, to the last one's
    alike               (L, P) without a head: cosine of each patch with the last class token, after the last norm

Signs: the first component is negative on average over the patches at the border; of the others, and of all in a foreground,
the sum of the cubes is positive. Writes tokens.safetensors and tokens.json, which lists the networks.
"""

import json
import pathlib

import numpy as np
from safetensors.numpy import load_file, save_file

HERE = pathlib.Path(__file__).resolve().parent
THRESHOLD = 0.25
LEAST_MARGIN = 1e-4  # of a sign or a threshold: what rounding to single precision never reaches
TIMM = dict(norm="norm", fc_norm="fc_norm", head="head", position="pos_embed")

# prefix tokens; what the head pools: cls, mean, distilled (two heads), both (class token beside mean); where it reads.
NETWORKS = {
    "vit/plain": dict(prefix=1, pool="cls", eps=1e-6, names=TIMM, qkv=True),
    "vit/no_head": dict(prefix=1, pool=None, eps=1e-6, names=TIMM, qkv=True),
    "families/timm_deit_distilled": dict(prefix=2, pool="distilled", names=TIMM, qkv=True),
    "families/timm_gap_no_class_token": dict(prefix=0, pool="mean", names=TIMM, qkv=True),
    "families/timm_reg4_gap": dict(prefix=4, pool="mean", names=TIMM, qkv=True),
    "families/timm_fc_norm": dict(prefix=1, pool="mean", names=TIMM, qkv=True),
    "families/timm_rmsnorm": dict(prefix=1, pool="cls", names=TIMM, qkv=True),
    "families/timm_dinov2_reg4": dict(prefix=5, pool=None, names=TIMM, qkv=True),
    "families/timm_dinov3": dict(prefix=5, pool=None, names=TIMM, qkv=False),  # queries and keys are turned
    "families/hf_dinov2_head": dict(
        prefix=1, pool="both", qkv=False,
        names=dict(norm="dinov2.layernorm", head="classifier", position="dinov2.embeddings.position_embeddings")),
    "families/hf_clip_head": dict(prefix=1, pool="mean", qkv=False,  # it reads the tokens before the last norm
                                  names=dict(head="classifier", position="vision_model.embeddings.position_embedding.weight")),
}


def norm(x, w, name, eps):
    """LayerNorm, or RMSNorm where the file has no bias."""
    if name + ".weight" not in w:
        return x
    if name + ".bias" in w:
        x = x - x.mean(-1, keepdims=True)
    y = x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * w[name + ".weight"]
    return y + w.get(name + ".bias", 0)


def linear(x, w, name):
    return x @ w[name + ".weight"].T + w.get(name + ".bias", 0)


def unit(x):
    length = np.linalg.norm(x, axis=-1, keepdims=True)
    return np.divide(x, length, out=np.zeros_like(x), where=length > 0)


def margin(value, why):
    assert abs(value) > LEAST_MARGIN, f"{why}: {value:.1e} is too near"
    return np.sign(value)


def components(x, rows, cols, bordered):
    """((3, P) components, (3) shares of the variance) of (P, C) patches."""
    centred = x - x.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    scores = (u * s).T[:3]
    border = np.zeros((rows, cols), bool)
    border[[0, -1]] = border[:, [0, -1]] = True
    for i in range(3):
        scaled = scores[i] / np.sqrt((scores[i] ** 2).mean())
        scores[i] *= margin(-scaled[border.ravel()].mean() if bordered and i == 0 else (scaled**3).mean(), "sign")
    assert all(s[i] / s[i + 1] > 1 + LEAST_MARGIN for i in range(3)), "components may change places"
    return scores, s[:3] ** 2 / (s**2).sum()


def make_network(case, facts):
    recorded = load_file(HERE / case / "golden.safetensors")
    w = {k: v.astype(np.float64) for k, v in load_file(HERE / case / "model.safetensors").items()}
    from safetensors import safe_open
    with safe_open(HERE / case / "golden.safetensors", "np") as file:
        eps = float((file.metadata() or {}).get("eps", facts.get("eps", 0)))
    depth = sum(key.startswith("hidden.") and key.count(".") == 1 for key in recorded)
    hidden = [recorded[f"hidden.{b}"].astype(np.float64) for b in range(depth)]
    prefix, names, pool = facts["prefix"], facts["names"], facts["pool"]
    patches = len(hidden[0]) - prefix
    cols = rows = round(patches**0.5)
    assert rows * cols == patches
    queries = sorted({0, max(0, prefix - 1), prefix + 2, prefix + patches - 1})
    out = {}

    last = depth - 1
    kinds = {(b, "output"): hidden[b] for b in range(depth)}
    if facts["qkv"]:
        qkv = linear(norm(hidden[last - 1], w, f"blocks.{last}.norm1", eps), w, f"blocks.{last}.attn.qkv")
        kinds |= {(last, kind): part for kind, part in zip("qkv", np.split(qkv, 3, axis=1))}
    for (b, kind), x in kinds.items():
        out[f"similarity.{b}.{kind}"] = unit(x)[queries] @ unit(x).T
        out[f"components.{b}.{kind}"], out[f"ratios.{b}.{kind}"] = components(x[prefix:], rows, cols, True)
    first = out[f"components.{last}.output"][0]
    relative = first / np.sqrt((first**2).mean()) - THRESHOLD
    foreground = relative > 0
    margin(np.abs(relative).min(), "threshold")
    print(f"{case:34s} {foreground.sum():2d} of {patches} patches are foreground")
    if 4 < foreground.sum() < patches:
        out[f"refitted.{last}"] = np.zeros((3, patches))
        scores, _ = components(hidden[last][prefix:][foreground], 1, foreground.sum(), False)
        out[f"refitted.{last}"][:, foreground] = scores

    if names.get("position") in w:
        position = w[names["position"]].reshape(-1, hidden[0].shape[1])
        position = np.concatenate([np.zeros((len(hidden[0]) - len(position), position.shape[1])), position])
        out["positions"] = unit(position)[queries] @ unit(position).T
    out["norms"] = np.array([np.linalg.norm(x, axis=1) for x in hidden])

    if pool:
        def head(x, which="head"):
            return linear(norm(x, w, names.get("fc_norm", "-"), eps), w, names[which] if which in names else which)

        def read(x, patch=None):
            """What the head reads of normed tokens (N, C) and says (K); with `patch`, that one in place of the pooled."""
            mean, cls = (x[prefix:].mean(0), x[0]) if patch is None else (patch, patch)
            if pool == "both":
                return head(np.concatenate([x[0], mean]))
            if pool == "distilled":
                return (head(cls) + head(x[1] if patch is None else patch, "head_dist")) / 2
            return head(mean if pool == "mean" else cls)

        normed = [norm(x, w, names.get("norm", "-"), eps) for x in hidden]
        out["logits"] = np.array([read(x) for x in normed])
        chosen = int(np.argmax(recorded["logits"]))
        ordered = np.sort(out["logits"][last])
        margin(ordered[-1] - ordered[-2], "most probable class")
        out["patches"] = np.array([[read(x, patch)[chosen] for patch in x[prefix:]] for x in normed])
        error = np.abs(out["logits"][last] - recorded["logits"]).max()
        assert error < 1e-5, f"{case}: the last block's logits differ from the recorded ones by {error}"
        if pool == "mean" and "fc_norm.weight" not in w or pool == "both":
            assert np.allclose(out["patches"].mean(1), out["logits"][:, chosen])
    else:
        normed = [norm(x, w, names["norm"], eps) for x in hidden]
        out["features"] = np.array([unit(x[0]) @ unit(normed[last][0]) for x in normed])
        out["alike"] = np.array([unit(x[prefix:]) @ unit(normed[last][0]) for x in normed])
        chosen = -1
    index = dict(network=case, prefix=prefix, depth=depth, queries=queries, **{"class": chosen})
    return index, {f"{case} {name}": np.ascontiguousarray(value, np.float32) for name, value in out.items()}


def make():
    out = HERE / "tokens"
    out.mkdir(exist_ok=True)
    index, tensors = [], {}
    for case, facts in NETWORKS.items():
        one, made = make_network(case, facts)
        index.append(one)
        tensors |= made
    save_file(tensors, out / "tokens.safetensors",
              {"made by": f"numpy {np.__version__}, float64", "threshold": str(THRESHOLD)})
    lines = ",\n ".join(json.dumps(one) for one in index)
    (out / "tokens.json").write_text(f"[\n {lines}\n]\n")
    print(f"{len(tensors)} tensors, {sum(f.stat().st_size for f in out.iterdir()) / 1024:.0f} KB")


if __name__ == "__main__":
    make()
