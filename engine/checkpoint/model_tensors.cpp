#include "engine/checkpoint/model_tensors.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "engine/base/error.h"

namespace vit {
namespace {

constexpr std::int64_t kChunkFloats = 1 << 16;

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "(";
  for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return text + ")";
}

}  // namespace

ModelTensors::ModelTensors(const TensorFile& file, const DetectedFamily& detected,
                           std::function<void(std::int64_t)> on_read)
    : file_(file), detected_(detected), on_read_(std::move(on_read)) {}

std::optional<std::string> ModelTensors::find(std::string_view pattern, int block, std::string_view part) const {
  const std::string_view word = part == "weight" ? names().weight : part == "norm" ? names().norm_weight : names().bias;
  for (const std::string& spelling : spell(pattern, block, word)) {
    std::string prefix = detected_.prefix;
    const bool climbs = spelling.starts_with('^');  // heads stand beside the encoder: "classifier", "vit.…"
    while (true) {
      std::string name = prefix + (climbs ? spelling.substr(1) : spelling);
      if (file_.entries().count(name) != 0) return name;
      if (!climbs || prefix.empty()) break;
      const std::size_t dot = prefix.find_last_of('.', prefix.size() - 2);
      prefix = prefix.size() < 2 || dot == std::string::npos ? "" : prefix.substr(0, dot + 1);
    }
  }
  return std::nullopt;
}

std::string ModelTensors::require(std::string_view pattern, int block, std::string_view part) const {
  if (auto name = find(pattern, block, part)) return *name;
  const std::vector<std::string> spelled = spell(pattern, block,
                                                 part == "weight" ? names().weight
                                                 : part == "norm" ? names().norm_weight
                                                                  : names().bias);
  throw Error(file_.path().string() + " has no tensor \"" + detected_.prefix +
              (spelled.empty() ? "" : spelled.front()) + "\", which " + detected_.family->name +
              " needs: the file is incomplete or of another family.");
}

const std::vector<std::int64_t>& ModelTensors::shape(const std::string& name) const {
  return file_.entries().at(name).shape;
}

std::int64_t ModelTensors::elements(const std::string& name) const {
  return file_.entries().at(name).elements();
}

std::string ModelTensors::in_block(const char* pattern) const {
  std::string result;
  std::string_view rest = pattern;
  while (!rest.empty()) {
    const std::string_view one = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), one.size() + 1));
    if (!result.empty()) result += '|';
    result += names().block;
    result += one;
  }
  return result;
}

std::pair<std::int64_t, std::int64_t> ModelTensors::linear_shape(const std::string& weight) const {
  const std::vector<std::int64_t>& sizes = shape(weight);
  if (sizes.size() < 2) wrong_shape(weight, "at least two sizes");
  if (!names().inputs_first) {
    return {sizes.front(), std::accumulate(sizes.begin() + 1, sizes.end(), std::int64_t{1}, std::multiplies<>())};
  }
  // Flax keeps heads apart: (C, h, d) for q, k and v, (h, d, C) for the output. Inputs and outputs both are C there.
  if (sizes.size() == 3 && sizes[0] == sizes[1] * sizes[2]) return {sizes[1] * sizes[2], sizes[0]};
  return {sizes.back(), std::accumulate(sizes.begin(), sizes.end() - 1, std::int64_t{1}, std::multiplies<>())};
}

void ModelTensors::wrong_shape(const std::string& name, const std::string& expected) const {
  throw Error("Tensor \"" + name + "\" of " + file_.path().string() + " has the shape " + shape_text(shape(name)) +
              " where " + expected + " is expected: the file does not fit " + detected_.family->name + ".");
}

std::vector<float> ModelTensors::read(const std::string& name) {
  std::vector<float> values = file_.read_all(name);
  file_.release(name);
  used_.insert(name);
  on_read_(static_cast<std::int64_t>(values.size()));
  return values;
}

std::vector<float> ModelTensors::vector(const std::string& name, std::int64_t expected) {
  if (elements(name) != expected) wrong_shape(name, std::to_string(expected) + " numbers");
  return read(name);
}

std::vector<float> ModelTensors::bias(std::string_view pattern, int block, int outputs) {
  const auto name = find(pattern, block, "bias");
  if (!name) return {};
  return vector(*name, outputs);
}

NormWeights ModelTensors::norm(std::string_view pattern, int block, int channels) {
  NormWeights weights;
  weights.weight = vector(require(pattern, block, "norm"), channels);
  weights.bias = bias(pattern, block, channels);
  if (weights.bias.empty()) weights.bias.assign(static_cast<std::size_t>(channels), 0.f);
  return weights;
}

std::optional<NormWeights> ModelTensors::optional_norm(std::string_view pattern, int channels) {
  if (!find(pattern, 0, "norm")) return std::nullopt;
  return norm(pattern, 0, channels);
}

/// Delivers the rows of a weight (outputs, inputs) in order, a chunk at a time, so that a tensor is never in memory
/// twice.
struct ModelTensors::Reader {
  const TensorFile& file;
  std::string name;
  std::int64_t outputs, inputs;
  bool inputs_first;
  std::vector<int> columns;  // where input i of the network lies in the file, or empty

  std::int64_t first = 0, count = 0;  // rows in `chunk`
  std::vector<float> chunk = {};
  std::vector<float> whole = {};  // a transposed weight

  void row(std::int64_t index, float* out) {
    if (index < first || index >= first + count) fetch(index);
    const float* from = chunk.data() + (index - first) * inputs;
    if (columns.empty()) {
      std::copy_n(from, inputs, out);
    } else {
      for (std::int64_t i = 0; i < inputs; ++i) out[i] = from[columns[static_cast<std::size_t>(i)]];
    }
  }

 private:
  void fetch(std::int64_t index) {
    first = index;
    count = std::min(outputs - first, std::max<std::int64_t>(1, kChunkFloats / inputs));
    chunk.resize(static_cast<std::size_t>(count * inputs));
    if (!inputs_first) return file.read(name, first * inputs, chunk);
    if (whole.empty()) whole = file.read_all(name);
    for (std::int64_t i = 0; i < inputs; ++i) {
      for (std::int64_t r = 0; r < count; ++r) {
        chunk[static_cast<std::size_t>(r * inputs + i)] = whole[static_cast<std::size_t>(i * outputs + first + r)];
      }
    }
  }
};

Linear ModelTensors::linear(std::string_view pattern, int block, int outputs, int inputs, int groups) {
  return linear(pattern, block, outputs, inputs, groups, bias(pattern, block, outputs));
}

Linear ModelTensors::linear(std::string_view pattern, int block, int outputs, int inputs, int groups,
                            std::vector<float> bias) {
  const std::string name = require(pattern, block, "weight");
  if (linear_shape(name) != std::pair<std::int64_t, std::int64_t>(outputs, inputs)) {
    wrong_shape(name, "a layer from " + std::to_string(inputs) + " to " + std::to_string(outputs) + " numbers");
  }
  Reader reader{file_, name, outputs, inputs, names().inputs_first, {}};
  Linear layer(
      outputs, inputs, groups, [&](int row, float* out) { reader.row(row, out); }, std::move(bias));
  file_.release(name);
  used_.insert(name);
  on_read_(static_cast<std::int64_t>(outputs) * inputs);
  return layer;
}

Linear ModelTensors::joined(const std::vector<std::string>& patterns, int block, int outputs, int inputs, int groups) {
  std::vector<Reader> readers;
  std::vector<float> biases(patterns.size() * static_cast<std::size_t>(outputs), 0.f);
  bool has_bias = false;
  for (const std::string& pattern : patterns) {
    const std::string name = require(pattern, block, "weight");
    if (linear_shape(name) != std::pair<std::int64_t, std::int64_t>(outputs, inputs)) {
      wrong_shape(name, "a layer from " + std::to_string(inputs) + " to " + std::to_string(outputs) + " numbers");
    }
    const std::vector<float> part = bias(pattern, block, outputs);
    has_bias = has_bias || !part.empty();
    std::copy(part.begin(), part.end(), biases.begin() + static_cast<std::ptrdiff_t>(readers.size()) * outputs);
    readers.push_back({file_, name, outputs, inputs, names().inputs_first, {}});
  }
  if (!has_bias) biases.clear();
  Linear layer(
      static_cast<int>(patterns.size()) * outputs, inputs, groups,
      [&](int row, float* out) {
        Reader& reader = readers[static_cast<std::size_t>(row / outputs)];
        reader.row(row % outputs, out);
        if (row % outputs == outputs - 1) reader.whole = {};
      },
      std::move(biases));
  for (const Reader& reader : readers) {
    file_.release(reader.name);
    used_.insert(reader.name);
  }
  on_read_(static_cast<std::int64_t>(patterns.size()) * outputs * inputs);
  return layer;
}

Linear ModelTensors::joined_in_file(int block, int channels) {
  const std::string qkv = in_block(names().qkv);
  const auto size = static_cast<std::size_t>(channels);
  std::vector<float> biases = bias(qkv, block, 3 * channels);
  const auto query_bias = find(in_block(names().query_bias), block, "bias");
  const auto value_bias = find(in_block(names().value_bias), block, "bias");
  if (query_bias && value_bias && biases.empty()) {
    const std::vector<float> q = vector(*query_bias, channels), v = vector(*value_bias, channels);
    biases.assign(3 * size, 0.f);
    std::copy(q.begin(), q.end(), biases.begin());
    std::copy(v.begin(), v.end(), biases.begin() + 2 * channels);
  }
  if (const auto mask = find(in_block(names().bias_mask), block, "bias"); mask && !biases.empty()) {
    const std::vector<float> factors = vector(*mask, 3 * channels);
    // The file may hold NaN where the bias is left out.
    for (std::size_t i = 0; i < biases.size(); ++i) biases[i] = factors[i] == 1.f ? biases[i] : 0.f;
  }
  return linear(qkv, block, 3 * channels, channels, 3, std::move(biases));
}

Linear ModelTensors::patch_embedding(int channels, int patch_px) {
  const std::string name = require(names().patch, 0, "weight");
  const int area = patch_px * patch_px;
  Reader reader{file_, name, channels, 3 * area, names().channels_last, {}};
  if (names().channels_last) {
    for (int channel = 0; channel < 3; ++channel) {
      for (int i = 0; i < area; ++i) reader.columns.push_back(i * 3 + channel);
    }
  }
  Linear layer(
      channels, 3 * area, 1, [&](int row, float* out) { reader.row(row, out); }, bias(names().patch, 0, channels));
  file_.release(name);
  used_.insert(name);
  on_read_(3 * static_cast<std::int64_t>(channels) * area);
  return layer;
}

std::vector<std::string> ModelTensors::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : file_.entries()) {
    if (used_.count(name) == 0) names.push_back(name);
  }
  return names;
}

}  // namespace vit
