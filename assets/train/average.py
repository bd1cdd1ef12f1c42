#!/usr/bin/env python3
"""Mixes the weights of two exported models, one fine-tuned from the other: often better than either."""
import argparse

from model import read_safetensors, write_safetensors

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("first")
parser.add_argument("second")
parser.add_argument("out", help="safetensors file to write")
parser.add_argument("--share", type=float, default=0.5, help="of the second model")
args = parser.parse_args()
first, second = read_safetensors(args.first), read_safetensors(args.second)
write_safetensors(args.out, {name: (1 - args.share) * first[name].float() + args.share * second[name].float() for name in first})
