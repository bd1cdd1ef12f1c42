// Small passes for the tests of what is derived from a trace.
#pragma once

#include <memory>
#include <string>

#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/maps/analysis.h"
#include "engine/network/forward.h"

namespace vit::testing_passes {

inline constexpr const char* kSmall = "random:C=24,L=3,h=4,P=8,S=32,K=5,seed=2";                    // 4 × 4 patches
inline constexpr const char* kWithPrefix = "random:C=24,L=3,h=4,P=8,S=32,K=5,reg=2,dist=1,seed=2";  // 4 prefix tokens

struct PassOf {
  std::string model = kSmall;
  int heads = 0;  // of every block; 0: as trained
  bool qkv_bias = true;
  float attn_drop = 0.f;
  Keep keep = Keep::automatic;
};

/// A pass over pseudo-random pixels of the network's own size, with `model` loaded anew unless `like` has one.
inline std::shared_ptr<const Trace> pass(const PassOf& what, const Trace* like = nullptr) {
  PassInput input;
  input.model = like != nullptr ? like->model : load_model(what.model);
  if (like != nullptr) {
    input.pixels = like->pixels;
  } else {
    auto pixels = std::make_shared<Pixels>();
    pixels->width = input.model->config.grid_width * input.model->config.patch_px;
    pixels->height = input.model->config.grid_height * input.model->config.patch_px;
    pixels->chw.resize(std::size_t{3} * pixels->width * pixels->height);
    for (std::size_t i = 0; i < pixels->chw.size(); ++i)
      pixels->chw[i] = static_cast<float>(i * 7919 % 1000) / 500.f - 1.f;
    pixels->box = {0, 0, static_cast<double>(pixels->width), static_cast<double>(pixels->height)};
    input.pixels = pixels;
  }
  input.settings = trained_settings(input.model->config);
  input.settings.threads = 1;
  input.settings.keep = what.keep;
  input.settings.qkv_bias = what.qkv_bias;
  input.settings.training = what.attn_drop > 0;
  input.settings.attn_drop = what.attn_drop;
  if (what.heads > 0) input.settings.set_heads(what.heads);
  Pool pool(1);
  Meter meter;
  return forward(input, meter, pool);
}

}  // namespace vit::testing_passes
