// The pass of a golden network, for what is worked out from a trace.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "engine/base/json.h"
#include "engine/checkpoint/load_model.h"
#include "tests/unit/engine/network/golden_case.h"

namespace golden {

/// `network` names a case: "vit/plain"; `run` is "" or ".wide". Each is run once, and all runs of a network share it.
inline std::shared_ptr<const vit::Trace> trace_of(const std::string& network, const std::string& run = "") {
  static std::map<std::string, std::shared_ptr<const vit::Trace>> known;
  auto& trace = known[network + run];
  if (trace) return trace;
  const std::filesystem::path folder = root() / network;
  const auto recorded = vit::open_tensor_file(folder / "golden.safetensors");
  const auto& facts = recorded->metadata();
  static std::map<std::string, std::shared_ptr<const vit::Model>> models;
  auto& model = models[network];
  vit::LoadOptions options;
  if (facts.count("num_heads") > 0) options.num_heads = std::stoi(facts.at("num_heads"));
  const std::string file = facts.count("checkpoint") > 0 ? facts.at("checkpoint") : "model.safetensors";
  if (!model) model = vit::load_model((folder / file).string(), options);
  vit::Settings settings = vit::trained_settings(model->config);
  settings.threads = 1;
  return trace = golden::run(model, pixels_of(*recorded, "pixels" + run), settings);
}

inline const vit::Json& field(const vit::Json& one, const char* name) {
  const vit::Json* found = one.find(name);
  if (found == nullptr) throw std::runtime_error(std::string("no field ") + name);
  return *found;
}

inline int integer(const vit::Json& one, const char* name) {
  return static_cast<int>(field(one, name).integer.value());
}

}  // namespace golden
