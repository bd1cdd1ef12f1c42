#!/usr/bin/env python3
"""Trains Headlight's default model: a small ViT on the CIFAR-10 JPEG files. See README.md beside this file."""
import argparse
import copy
import csv
import json
import math
import os
import random
import signal
import time

import torch
import torch.distributed as dist
import torch.multiprocessing
import torch.nn.functional as F

import data
from model import VisionTransformer, model_from, read_safetensors, write_safetensors


def options():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", help="folder with train/CLASS/*.jpg and test/CLASS/*.jpg")
    parser.add_argument("--out", required=True, help="folder for checkpoint, log, model.safetensors and config.json")
    parser.add_argument("--cache", help="folder for the decoded pixels (default: the folder given by --out)")
    parser.add_argument("--init", help="safetensors file to start from; its sizes then are the network's")
    parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in the folder given by --out")
    length = parser.add_mutually_exclusive_group(required=True)
    length.add_argument("--minutes", type=float, help="schedule and end by the clock")
    length.add_argument("--epochs", type=float, help="schedule and end by the number of epochs")
    parser.add_argument("--width", type=int, default=192)
    parser.add_argument("--blocks", type=int, default=9)
    parser.add_argument("--heads", type=int, default=6)
    parser.add_argument("--batch", type=int, default=128, help="images a step, over all processes")
    parser.add_argument("--lr", type=float, default=1e-3)
    parser.add_argument("--warmup", type=float, default=0.03, help="share of the schedule")
    parser.add_argument("--weight-decay", type=float, default=0.05)
    parser.add_argument("--smoothing", type=float, default=0.1)
    parser.add_argument("--strength", type=float, default=1.0, help="of the geometric and colour augmentations")
    parser.add_argument("--erase", type=float, default=0.15, help="share of the images with an erased rectangle")
    parser.add_argument("--cutmix", type=float, default=0.25, help="share of the batches, as the next three")
    parser.add_argument("--mixup", type=float, default=0.10)
    parser.add_argument("--paste", type=float, default=0.10)
    parser.add_argument("--mosaic", type=float, default=0.15)
    parser.add_argument("--guide", type=float, default=0.15, help="weight of the loss that asks the class token's attention "
                        "for the object, where a paste or a mosaic tells where that is")
    parser.add_argument("--guided-heads", type=int, default=3, help="so many first heads; the others are left free")
    parser.add_argument("--guided-blocks", type=int, default=2, help="of so many last blocks")
    parser.add_argument("--guided-lr", type=float, default=1.0, help="times the learning rate, for those blocks' qkv")
    parser.add_argument("--train-blocks", type=int, default=0, help="only so many last blocks, norm and head learn; 0: all")
    parser.add_argument("--patches", type=float, default=0.55, help="share of the patches that an image keeps at first")
    parser.add_argument("--all-patches-from", type=float, default=0.7, help="from this share of the schedule on, all")
    parser.add_argument("--ema", type=float, default=0.999)
    parser.add_argument("--precision", choices=["auto", "fp32", "bf16"], default="auto")
    parser.add_argument("--processes", type=int, default=1, help="on a CPU: single-threaded ones that share each batch; "
                        "faster than threads, above all when other programs want the cores, too")
    parser.add_argument("--eval-every-nth", type=int, default=4, help="test images used for the log's accuracies")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def commit_loss(logits, labels):
    """For mosaics: name one of the four things with confidence; which one is the network's choice (a soft minimum).

    Returns the loss and how much each tile is the chosen one (B, 4).
    """
    losses = -F.log_softmax(logits, dim=1).gather(1, labels)  # (B, 4)
    chosen = F.softmax(-2 * losses.detach(), dim=1)
    return (chosen * losses).sum(dim=1).mean(), chosen


def soft_cross_entropy(logits, targets):
    return -(targets * F.log_softmax(logits, dim=1)).sum(dim=1).mean()


class Trainer:
    def __init__(self, args, rank):
        self.args, self.rank = args, rank
        self.local_batch = args.batch // args.processes
        self.device = "cuda" if torch.cuda.is_available() else "cpu"
        modern = int(torch.__version__.split(".")[0]) >= 2
        self.half = args.precision == "bf16" or (args.precision == "auto" and modern)
        if args.init:
            self.model = model_from(read_safetensors(args.init), args.heads)
        else:
            self.model = VisionTransformer(width=args.width, blocks=args.blocks, heads=args.heads, hidden=4 * args.width)
        self.model.to(self.device)
        self.average = copy.deepcopy(self.model).eval()
        if args.train_blocks:
            for parameter in self.model.parameters():
                parameter.requires_grad_(False)
            for part in [*self.model.blocks[-args.train_blocks :], self.model.norm, self.model.head]:
                part.requires_grad_(True)
        # The queries and keys that the guide is for may learn faster than the rest.
        guided = [block.attn.qkv.weight for block in self.model.blocks[-args.guided_blocks :]]
        learning = [p for p in self.model.parameters() if p.requires_grad]
        decayed = [p for p in learning if p.ndim > 1 and p.shape[0] != 1 and not any(p is weight for weight in guided)]
        rest = [p for p in learning if not (p.ndim > 1 and p.shape[0] != 1)]
        self.optimizer = torch.optim.AdamW(
            [{"params": decayed, "weight_decay": args.weight_decay},
             {"params": rest, "weight_decay": 0.0},
             {"params": guided, "weight_decay": args.weight_decay, "rate": args.guided_lr}],
            lr=args.lr,
            betas=(0.9, 0.98),
        )
        cache = args.cache or args.out
        self.images, self.labels = (t.to(self.device) for t in data.decode_once(args.data, "train", cache))
        self.test_images, self.test_labels = (t.to(self.device) for t in data.decode_once(args.data, "test", cache))
        self.step, self.epoch, self.earlier_s, self.started = 0, 0, 0.0, time.monotonic()
        self.asked_to_stop = False  # by a signal, in this process
        self.stop = False  # what all processes agreed on after the latest step
        self.at = 0.0  # progress through the schedule, 0..1, the same in all processes

    # --- the clock -------------------------------------------------------------------------------------------------

    def elapsed_s(self):
        return self.earlier_s + time.monotonic() - self.started

    def progress(self):
        if self.args.minutes:
            return min(1.0, self.elapsed_s() / (60 * self.args.minutes))
        return min(1.0, self.step * self.args.batch / (self.args.epochs * len(self.images)))

    def learning_rate(self):
        at, warmup = self.at, self.args.warmup
        if at < warmup:
            return self.args.lr * max(at / warmup, 0.01)
        return self.args.lr * (0.5 + 0.5 * math.cos(math.pi * (at - warmup) / (1 - warmup)))

    # --- checkpoint ------------------------------------------------------------------------------------------------

    def checkpoint_path(self):
        return os.path.join(self.args.out, "checkpoint.pt")

    def save(self):
        state = {
            "model": self.model.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "epoch": self.epoch,
            "elapsed_s": self.elapsed_s(),
        }
        torch.save(state, self.checkpoint_path() + ".part")
        os.replace(self.checkpoint_path() + ".part", self.checkpoint_path())

    def restore(self):
        state = torch.load(self.checkpoint_path(), map_location=self.device)
        self.model.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.epoch, self.earlier_s = state["step"], state["epoch"], state["elapsed_s"]
        self.started = time.monotonic()
        self.at = self.progress()

    def agree(self):
        """Averages the gradients over the processes, and gives all of them the first one's clock and wish to stop."""
        if self.args.processes == 1:
            self.at, self.stop = self.progress(), self.asked_to_stop
            return
        gradients = [p.grad for p in self.model.parameters() if p.requires_grad]
        first = float(self.rank == 0) * self.args.processes
        word = torch.tensor([self.progress() * first, self.asked_to_stop * first])
        together = torch.cat([g.flatten() for g in gradients] + [word])
        dist.all_reduce(together)
        together /= self.args.processes
        for gradient, part in zip(gradients, together[:-2].split([g.numel() for g in gradients])):
            gradient.copy_(part.view_as(gradient))
        self.at, self.stop = together[-2].item(), together[-1].item() > 0.5

    # --- one step --------------------------------------------------------------------------------------------------

    def logits(self, model, x, share_of_patches=1.0, keep=None):
        with torch.autocast(self.device, dtype=torch.bfloat16, enabled=self.half):
            out = model(data.normalise(x), keep, share_of_patches)
        return out.float()

    def guide_loss(self, maps, masks):
        """Minus the log of the share of the class token's attention that lies on the masks (B, H, W)."""
        patch, args = self.model.patch_embed.proj.kernel_size[0], self.args
        coverage = F.avg_pool2d(masks.unsqueeze(1), patch).flatten(2)  # (B, 1, P)
        rows = torch.stack(maps[-args.guided_blocks :])[:, :, : args.guided_heads, 0, 1:].float()  # (blocks, B, heads, P)
        share = (rows * coverage).sum(dim=-1) / rows.sum(dim=-1)
        return -torch.log(share.clamp_min(1e-4)).mean()

    def loss(self, images, labels):
        args = self.args
        x = data.to_floats(images)
        x = data.recolour(data.move(x, args.strength), args.strength)
        share = args.patches if self.at < args.all_patches_from else 1.0
        targets = data.one_hot(labels, args.smoothing)
        kind = random.random()
        if kind < args.mosaic:
            x, four = data.mosaic(x, labels)
            maps = []
            loss, chosen = commit_loss(self.logits(self.model, x, keep=maps), four)
            masks = F.interpolate(chosen.view(-1, 1, 2, 2), size=x.shape[-1]).squeeze(1)
            return loss + args.guide * self.guide_loss(maps, masks)
        kind -= args.mosaic
        if kind < args.paste:
            x, masks = data.paste(x)
            maps = []
            loss = soft_cross_entropy(self.logits(self.model, x, keep=maps), targets)
            return loss + args.guide * self.guide_loss(maps, masks)
        if kind < args.paste + args.cutmix:
            x, targets = data.cutmix(x, targets)
        elif kind < args.paste + args.cutmix + args.mixup:
            x, targets = data.mixup(x, targets)
        x = data.erase(x, args.erase)
        return soft_cross_entropy(self.logits(self.model, x, share), targets)

    def train_step(self, chosen):
        rate = self.learning_rate()
        for group in self.optimizer.param_groups:
            group["lr"] = rate * group.get("rate", 1.0)
        loss = self.loss(self.images[chosen], self.labels[chosen])
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self.agree()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.step()
        self.step += 1
        keep = min(self.args.ema, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for slow, fast in zip(self.average.parameters(), self.model.parameters()):
                slow.lerp_(fast, 1 - keep)
        return loss.detach()

    # --- one epoch -------------------------------------------------------------------------------------------------

    @torch.no_grad()
    def accuracy(self, model, every_nth):
        model.eval()
        begin, step = self.rank * every_nth, self.args.processes * every_nth
        images, labels = self.test_images[begin::step], self.test_labels[begin::step]
        right = torch.zeros(2)
        for begin in range(0, len(images), 250):
            out = self.logits(model, data.to_floats(images[begin : begin + 250]))
            right[0] += (out.argmax(dim=1) == labels[begin : begin + 250]).sum().item()
            right[1] += len(out)
        if self.args.processes > 1:
            dist.all_reduce(right)
        self.model.train()
        return 100 * right[0].item() / right[1].item()

    def run_epoch(self):
        args, began, total, steps = self.args, time.monotonic(), torch.zeros((), device=self.device), 0
        order = torch.randperm(len(self.images), generator=torch.Generator().manual_seed(1000 * args.seed + self.epoch))
        order = order[self.rank :: args.processes].to(self.device)
        while not self.stop and self.at < 1 and (steps + 1) * self.local_batch <= len(order):
            total += self.train_step(order[steps * self.local_batch : (steps + 1) * self.local_batch])
            steps += 1
            if self.rank == 0 and steps % 20 == 0:
                speed = steps * args.batch / (time.monotonic() - began)
                print(f"\repoch {self.epoch}, step {steps}: loss {total.item() / steps:.4f}, {speed:.0f} images/s, "
                      f"{100 * self.at:.1f} % of the schedule ", end="", flush=True)
        return total.item() / max(1, steps), steps * args.batch / max(1e-9, time.monotonic() - began)

    def run(self):
        log = os.path.join(self.args.out, "log.csv")
        if self.rank == 0 and not os.path.exists(log):
            with open(log, "w") as file:
                file.write("epoch,lr,train_loss,test_accuracy,ema_accuracy,images_per_s,elapsed_s\n")
        while self.at < 1 and not self.stop:
            loss, speed = self.run_epoch()
            if self.stop:
                break
            nth = 1 if self.at >= 1 else self.args.eval_every_nth
            raw, averaged = self.accuracy(self.model, nth), self.accuracy(self.average, nth)
            self.epoch += 1
            if self.rank != 0:
                continue
            row = [self.epoch - 1, f"{self.learning_rate():.3g}", f"{loss:.4f}", f"{raw:.2f}", f"{averaged:.2f}",
                   f"{speed:.1f}", f"{self.elapsed_s():.0f}"]
            with open(log, "a", newline="") as file:
                csv.writer(file, lineterminator="\n").writerow(row)
            print("\r" + " ".join(map(str, row)) + " " * 40, flush=True)
            self.save()
            self.export()
        if self.stop and self.rank == 0:
            self.save()
            print("\nstopped; go on with --resume", flush=True)

    def export(self):
        """The averaged weights as the model file, with the config.json that Headlight reads beside it."""
        write_safetensors(os.path.join(self.args.out, "model.safetensors"), self.average.state_dict())
        model = self.model
        config = {
            "model_type": "vit",
            "architecture": "headlight_vit_cifar10",
            "image_size": model.grid * model.patch_embed.proj.kernel_size[0],
            "patch_size": model.patch_embed.proj.kernel_size[0],
            "hidden_size": model.cls_token.shape[2],
            "num_hidden_layers": len(model.blocks),
            "num_attention_heads": self.args.heads,
            "intermediate_size": model.blocks[0].mlp.fc1.out_features,
            "qkv_bias": True,
            "layer_norm_eps": 1e-6,
            "hidden_act": "gelu",
            "mean": data.MEAN,
            "std": data.STD,
            "interpolation": "bicubic",
            "crop": "center",
            "id2label": {str(i): name for i, name in enumerate(data.LABELS)},
        }
        with open(os.path.join(self.args.out, "config.json"), "w") as file:
            json.dump(config, file, indent=2)
            file.write("\n")


def train(rank, args):
    if args.processes > 1:
        torch.set_num_threads(1)
        meeting = "file://" + os.path.abspath(args.meeting)
        dist.init_process_group("gloo", init_method=meeting, rank=rank, world_size=args.processes)
    torch.manual_seed(args.seed)
    trainer = Trainer(args, rank)
    if args.resume:
        trainer.restore()
    else:
        before = trainer.accuracy(trainer.model, args.eval_every_nth)
        if rank == 0:
            print(f"before: {before:.2f} %", flush=True)
    torch.manual_seed(args.seed + trainer.step + 100000 * rank)
    random.seed(args.seed + trainer.step + 100000 * rank)
    trainer.started = time.monotonic()

    def stop(signum, frame):
        trainer.asked_to_stop = True

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    trainer.run()


def main():
    args = options()
    os.makedirs(args.out, exist_ok=True)
    if args.processes == 1:
        train(0, args)
        return
    for part in ("train", "test"):
        data.decode_once(args.data, part, args.cache or args.out)  # before the processes, which then only read it
    args.meeting = os.path.join(args.out, f"processes-{os.getpid()}")  # a file through which they find each other
    context = torch.multiprocessing.spawn(train, (args,), args.processes, join=False)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(context.pids()[0], signal.SIGTERM))
    signal.signal(signal.SIGINT, lambda *_: None)  # a terminal sends it to all of them
    while not context.join():
        pass
    if os.path.exists(args.meeting):
        os.remove(args.meeting)


if __name__ == "__main__":
    main()
