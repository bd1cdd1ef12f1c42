// A network of any size with weights drawn from a seed, the same on every machine: for costs, benches and tests.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "engine/containers/tensor_file.h"

namespace vit {

/// "random:C=768,L=12,h=12,P=16,S=224,K=1000,seed=1", with M= (4·C), reg= (0) and dist= (0 or 1) at will. What is left
/// out is as in ViT-B/16.
struct RandomSpec {
  int channels = 768;  // C
  int depth = 12;      // L
  int num_heads = 12;  // h
  int hidden = 0;      // M, 0: 4·C
  int patch_px = 16;   // P
  int image_px = 224;  // S
  int classes = 1000;  // K, 0: no head
  int registers = 0;   // reg
  int distilled = 0;   // dist, 1: a distillation token and its head, as in distilled DeiT
  std::uint64_t seed = 1;
  bool operator==(const RandomSpec&) const = default;
};

bool is_random_source(const std::string& source);

/// Throws Error for an unknown key, a value that is no whole number, or sizes that cannot be.
RandomSpec parse_random_spec(const std::string& source);

/// Its tensors under timm's names, made when they are read. Queries and keys are scaled so that attention is peaked,
/// the residual branches so that the stream keeps its size over the blocks.
std::shared_ptr<const TensorFile> random_tensor_file(const RandomSpec& spec);

}  // namespace vit
