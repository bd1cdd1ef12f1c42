// The golden gradients, and gradients of a trace gathered from the backward pass.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/base/json.h"
#include "engine/checkpoint/load_model.h"
#include "engine/network/backward.h"
#include "tests/unit/engine/network/golden_case.h"

namespace testing_gradients {

/// A case of tests/golden/gradients.
struct Case {
  std::string network, suffix;
  int blocks = 0, logit = -1;
  std::shared_ptr<const vit::TensorFile> file;

  std::vector<float> read(const std::string& name) const { return file->read_all(network + suffix + " " + name); }

  std::shared_ptr<const vit::Trace> trace(vit::Keep keep = vit::Keep::automatic, int threads = 1) const {
    const std::filesystem::path folder = golden::root() / network;
    const auto recorded = vit::open_tensor_file(folder / "golden.safetensors");
    const auto& facts = recorded->metadata();
    vit::LoadOptions options;
    if (facts.count("num_heads") > 0) options.num_heads = std::stoi(facts.at("num_heads"));
    auto file_of = folder / "model.safetensors";
    if (facts.count("checkpoint") > 0)
      file_of = facts.at("checkpoint") == "." ? folder : folder / facts.at("checkpoint");
    const auto model = vit::load_model(file_of.string(), options);
    vit::Settings settings = vit::trained_settings(model->config);
    settings.keep = keep;
    settings.threads = threads;
    return golden::run(model, golden::pixels_of(*recorded, "pixels" + suffix), settings);
  }

  /// The logit, or the class token's features along their own direction.
  vit::Target target() const {
    if (logit >= 0) return {.logit = logit};
    const auto passed = trace();
    const auto features = passed->features.row_span(0);
    double length = 0;
    for (const float value : features) length += static_cast<double>(value) * value;
    vit::Target target{.token = 0, .direction = {features.begin(), features.end()}};
    for (float& value : target.direction) value = static_cast<float>(value / std::sqrt(length));
    return target;
  }
};

inline std::vector<Case> cases() {
  const auto folder = golden::root() / "gradients";
  const std::shared_ptr<const vit::TensorFile> file = vit::open_tensor_file(folder / "gradients.safetensors");
  const vit::Json list = vit::read_json(folder / "gradients.json");
  std::vector<Case> found;
  for (const vit::Json& one : list.items) {
    found.push_back({one.find("network")->text, one.find("suffix")->text,
                     static_cast<int>(one.find("blocks")->integer.value()),
                     static_cast<int>(one.find("logit")->integer.value()), file});
  }
  return found;
}

/// By block: (h, N, N).
inline std::vector<std::vector<float>> gradients(const vit::Trace& trace, const vit::Target& target) {
  std::vector<std::vector<float>> found(trace.blocks.size());
  const auto tokens = static_cast<std::size_t>(trace.grid.tokens());
  for (std::size_t b = 0; b < found.size(); ++b)
    found[b].resize(static_cast<std::size_t>(trace.settings.heads(static_cast<int>(b))) * tokens * tokens);
  vit::Pool pool(trace.settings.threads);
  vit::Meter meter;
  const vit::BackwardHooks hooks{.head = [&](const vit::HeadGradient& one) {
    for (int r = 0; r < one.gradient.rows; ++r) {
      const std::size_t row =
          static_cast<std::size_t>(one.head) * tokens + static_cast<std::size_t>(one.first_query + r);
      std::copy(one.gradient.row(r), one.gradient.row(r) + tokens,
                found[static_cast<std::size_t>(one.block)].begin() + static_cast<std::ptrdiff_t>(row * tokens));
    }
  }};
  vit::backward(trace, target, hooks, meter, pool);
  return found;
}

}  // namespace testing_gradients
