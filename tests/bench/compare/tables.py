"""The figures of measured parts as Markdown."""

import statistics

OURS = "headlight, maps kept"
OURS_BF16 = "headlight bf16, maps kept"
THEIRS = "ONNX Runtime"


def least(part, label):
    """Milliseconds of the quickest pass of each round."""
    return [min(times) for times in part["ms"][label]]


def ratios(part, label):
    """Round by round, how many times as long as headlight with its maps."""
    return [theirs / own for theirs, own in zip(least(part, label), least(part, OURS))]


def best_bf16_peer(part):
    peers = [label for label in part["ms"] if "bf16" in label and label != OURS_BF16]
    if not peers:
        return "–"
    return f"{min(min(least(part, label)) for label in peers) / min(least(part, OURS_BF16)):.2f}"


def share(part, label, limit="gflops"):
    """Percent of the limit, by the quickest pass of all."""
    limit_ms = 2e-6 * part["multiply_adds"] / part[limit] if part.get(limit) else 0.0
    return f"{100 * limit_ms / min(least(part, label)):.0f}" if limit_ms else "?"


def of_part(part):
    threads = part["threads"]
    lines = [f"\n### {part['network']}, {threads} thread{'s' if threads > 1 else ''}\n"]
    if part["gflops"]:
        limit_ms = 2e-6 * part["multiply_adds"] / part["gflops"]
        lines.append(f"Multiply-adds alone take {limit_ms:.2f} ms at {part['gflops']:.0f} GFLOP/s, this processor's limit with "
                     f"{part['instruction_set']}.\n")
    lines.append("| | median ms | minimum ms | % of the limit | times as long as headlight with its maps | round by round |")
    lines.append("|---|---|---|---|---|---|")
    for label, rounds in part["ms"].items():
        found = ratios(part, label)
        lines.append(f"| {label} | {statistics.median(statistics.median(times) for times in rounds):.2f} | {min(least(part, label)):.2f} "
                     f"| {share(part, label)} | {statistics.median(found):.2f} | {' '.join(f'{r:.2f}' for r in found)} |")
    return "\n".join(lines)


def of_all(parts):
    """One column for each part; the rows that matter."""
    if not parts:
        return "Nothing has been measured."

    def row(title, value):
        cells = []
        for part in parts:
            try:
                cells.append(value(part))
            except KeyError:  # a peer that did not take part
                cells.append("–")
        return f"| {title} | " + " | ".join(cells) + " |"

    labels = list(dict.fromkeys(label for part in parts for label in part["ms"] if label != OURS))
    lines = ["\n### All together\n", "| | " + " | ".join(f"{p['network']} {p['threads']}T" for p in parts) + " |",
             "|---" * (len(parts) + 1) + "|"]
    for label in [OURS, *labels]:
        lines.append(row(f"{label}: least ms", lambda p: f"{min(least(p, label)):.1f}"))
    lines.append(row(f"{OURS}: median ms", lambda p: f"{statistics.median(statistics.median(t) for t in p['ms'][OURS]):.1f}"))
    for label in labels:
        lines.append(row(f"{label} ÷ ours, median over the rounds", lambda p: f"{statistics.median(ratios(p, label)):.2f}"))
        if label == THEIRS:
            lines.append(row("worst and best round", lambda p: f"{min(ratios(p, label)):.2f}, {max(ratios(p, label)):.2f}"))
    for label in (OURS, THEIRS):
        lines.append(row(f"{label}: % of the limit", lambda p: share(p, label)))
    lines.append(row("limit, GFLOP/s", lambda p: f"{p['gflops']:.0f}"))
    if any(OURS_BF16 in part["ms"] for part in parts):
        lines.append(row("bf16 ÷ exact, both ours", lambda p: f"{statistics.median(ratios(p, OURS_BF16)):.3f}"))
        lines.append(row("the quicker bf16 peer ÷ our bf16", best_bf16_peer))
        lines.append(row(f"{OURS_BF16}: % of the bf16 limit", lambda p: share(p, OURS_BF16, "bf16_gflops")))
        lines.append(row("bf16 limit, GFLOP/s", lambda p: f"{p['bf16_gflops']:.0f}"))
    for label in [OURS, *labels]:
        lines.append(row(f"{label}: largest error of the result ÷ its largest number",
                         lambda p: f"{p['errors'][label]['error'] / p['errors'][label]['scale']:.1e}"))
    for label in (OURS, OURS_BF16):
        lines.append(row(f"{label}: largest error of the maps", lambda p: f"{p['errors'][label]['map_error']:.1e}"))
    versions = sorted({v for p in parts for v in p["versions"]})
    rounds = sorted({len(p["ms"][OURS]) for p in parts})
    lines.append(f"\n{', '.join(sorted({p['date'] for p in parts}))}; {', '.join(sorted({p['processor'] for p in parts}))} "
                 f"({', '.join(sorted({p['instruction_set'] for p in parts}))}); {'; '.join(versions)}; "
                 f"rounds: {', '.join(map(str, rounds))}.")
    return "\n".join(lines)
