#include "engine/network/dropout.h"

#include <algorithm>

namespace vit {
namespace {

// SplitMix64's finaliser: every bit of the input changes about half of the output's.
std::uint64_t mix(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// The same idea in 32 bits, which compilers turn into vector code: it runs once an element.
std::uint32_t mix(std::uint32_t x) {
  x = (x ^ (x >> 16)) * 0x7feb352du;
  x = (x ^ (x >> 15)) * 0x846ca68bu;
  return x ^ (x >> 16);
}

std::uint32_t hash(const DropKey& key, int c) {
  return mix(mix(static_cast<std::uint32_t>(c) + key.a) ^ key.b);
}

std::uint32_t threshold(float p) {
  return static_cast<std::uint32_t>(std::min(static_cast<double>(p) * 4294967296.0, 4294967295.0));
}

DropKey key_of(std::uint64_t seed, int block, int head, int row) {
  std::uint64_t h = mix(seed);
  for (int part : {block, head, row}) h = mix(h ^ static_cast<std::uint32_t>(part));
  return {static_cast<std::uint32_t>(h), static_cast<std::uint32_t>(h >> 32)};
}

}  // namespace

DropKey attn_drop_key(std::uint64_t seed, int block, int head, int query) {
  return key_of(seed, block, head, query);
}

DropKey proj_drop_key(std::uint64_t seed, int block, int token) {
  return key_of(seed, block, -1, token);  // no head has this number
}

void dropout_row(const DropKey& key, float p, const float* x, float* y, int count) {
  const std::uint32_t below = threshold(p);
  const float factor = 1.f / (1.f - p);
  for (int c = 0; c < count; ++c) y[c] = hash(key, c) < below ? 0.f : x[c] * factor;
}

bool is_kept(const DropKey& key, float p, int c) {
  return hash(key, c) >= threshold(p);
}

}  // namespace vit
