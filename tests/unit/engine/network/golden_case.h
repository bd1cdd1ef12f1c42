// Runs a network on a golden case and compares what it did with what the reference implementation did.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/pool.h"
#include "engine/containers/tensor_file.h"
#include "engine/maps/attention.h"
#include "engine/network/forward.h"
#include "engine/network/meter.h"
#include "engine/network/model.h"

namespace golden {

inline std::filesystem::path root() {
  return std::filesystem::path(HEADLIGHT_SOURCE_DIR) / "tests" / "golden";
}

/// The folders of a set of cases, in alphabetical order.
inline std::vector<std::filesystem::path> cases(const std::string& set) {
  std::vector<std::filesystem::path> found;
  for (const auto& entry : std::filesystem::directory_iterator(root() / set)) {
    if (std::filesystem::exists(entry.path() / "golden.safetensors")) found.push_back(entry.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

/// The pixels that the reference read, as the network's input.
inline std::shared_ptr<vit::Pixels> pixels_of(const vit::TensorFile& golden, const std::string& name = "pixels") {
  auto pixels = std::make_shared<vit::Pixels>();
  const auto& shape = golden.entries().at(name).shape;
  pixels->height = static_cast<int>(shape[1]);
  pixels->width = static_cast<int>(shape[2]);
  pixels->chw = golden.read_all(name);
  pixels->box = {0, 0, static_cast<double>(pixels->width), static_cast<double>(pixels->height)};
  return pixels;
}

/// Largest errors of a run against its golden tensors, and how much of the tolerance they use up.
struct Errors {
  double attention = 0;  // absolute
  double hidden = 0;     // the following: relative to max(1, max|reference|)
  double features = 0;
  double logits = 0;
  /// 1 is the tolerance: 2e-5 for attention, 1e-4 for the rest.
  double used() const { return std::max(attention / 2e-5, std::max({hidden, features, logits}) / 1e-4); }
};

inline double largest_error(const std::vector<float>& reference, const std::vector<float>& found) {
  if (reference.size() != found.size()) return std::numeric_limits<double>::infinity();
  double largest = 0;
  for (std::size_t i = 0; i < reference.size(); ++i) {
    const double error = std::abs(static_cast<double>(reference[i]) - found[i]);
    if (!(error <= largest)) largest = std::isnan(error) ? std::numeric_limits<double>::infinity() : error;
  }
  return largest;
}

inline double relative_error(const std::vector<float>& reference, const std::vector<float>& found) {
  double scale = 1;
  for (const float value : reference) scale = std::max(scale, std::abs(static_cast<double>(value)));
  return largest_error(reference, found) / scale;
}

inline std::vector<float> flat(vit::MatrixView m) {
  std::vector<float> values;
  values.reserve(static_cast<std::size_t>(m.rows) * m.cols);
  for (int r = 0; r < m.rows; ++r) values.insert(values.end(), m.row(r), m.row(r) + m.cols);
  return values;
}

/// `suffix` tells several runs of one case apart: ".wide" reads "attention.0.wide".
inline Errors compare(const vit::Trace& trace, const vit::TensorFile& golden, const std::string& suffix = "") {
  Errors errors;
  const auto reference = [&](const std::string& name) { return golden.read_all(name + suffix); };
  const auto has = [&](const std::string& name) { return golden.entries().count(name + suffix) > 0; };
  for (int b = 0; has("hidden." + std::to_string(b)); ++b) {
    if (b >= trace.model->config.depth) return {std::numeric_limits<double>::infinity(), 0, 0, 0};
    std::vector<float> maps;
    for (int h = 0; h < trace.settings.heads(b); ++h) {
      const std::vector<float> head = flat(vit::attention_head(trace, b, h).view());
      maps.insert(maps.end(), head.begin(), head.end());
    }
    errors.attention = std::max(errors.attention, largest_error(reference("attention." + std::to_string(b)), maps));
    errors.hidden =
        std::max(errors.hidden, relative_error(reference("hidden." + std::to_string(b)), flat(trace.hidden(b).view())));
  }
  if (has("features")) errors.features = relative_error(reference("features"), flat(trace.features.view()));
  if (has("logits")) errors.logits = relative_error(reference("logits"), trace.logits);
  return errors;
}

inline std::shared_ptr<const vit::Trace> run(std::shared_ptr<const vit::Model> model,
                                             std::shared_ptr<const vit::Pixels> pixels, const vit::Settings& settings) {
  vit::Pool pool(settings.threads);
  vit::Meter meter;
  return vit::forward({std::move(model), std::move(pixels), settings}, meter, pool);
}

inline void print_head() {
  std::printf("%-34s %-10s %10s %10s %10s %10s   %s\n", "case", "kernel", "attention", "hidden", "features", "logits",
              "of tolerance");
}

inline void print(const std::string& name, const std::string& kernel, const Errors& e) {
  std::printf("%-34s %-10s %10.1e %10.1e %10.1e %10.1e   %5.1f %%\n", name.c_str(), kernel.c_str(), e.attention,
              e.hidden, e.features, e.logits, 100 * e.used());
}

}  // namespace golden
