#include "engine/checkpoint/model_tensors.h"

#include <algorithm>
#include <cmath>
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

/// Such a network runs: the pass says what of it can still be shown.
void ModelTensors::look_for_infinities(const std::string& name, const std::vector<float>& values, std::int64_t first) {
  if (!not_finite_.empty()) return;
  const auto found = std::find_if(values.begin(), values.end(), [](float value) { return !std::isfinite(value); });
  if (found == values.end()) return;
  not_finite_ = "\"" + name + "\" holds " + (std::isnan(*found) ? "NaN" : "an infinite number") + " at element " +
                std::to_string(first + (found - values.begin())) +
                ": its training has failed or the file is damaged; use an earlier checkpoint";
}

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

void ModelTensors::check_type(const std::string& name) const {
  const DType type = file_.entries().at(name).type;
  if (is_float(type)) return;
  throw Error("Tensor \"" + name + "\" of " + file_.path().string() + " holds whole numbers (" + name_of(type) +
              "), codes of a quantised network whose scales are not known: save the network in F32, F16 or BF16.");
}

std::vector<float> ModelTensors::read(const std::string& name) {
  check_type(name);
  std::vector<float> values = file_.read_all(name);
  file_.release(name);
  used_.insert(name);
  on_read_(static_cast<std::int64_t>(values.size()));
  return values;
}

std::vector<float> ModelTensors::vector(const std::string& name, std::int64_t expected) {
  if (elements(name) != expected) wrong_shape(name, std::to_string(expected) + " numbers");
  std::vector<float> values = read(name);
  look_for_infinities(name, values, 0);
  return values;
}

Matrix ModelTensors::matrix(const std::string& name, int rows, int cols) {
  if (shape(name) != std::vector<std::int64_t>{rows, cols}) {
    wrong_shape(name, "(" + std::to_string(rows) + ", " + std::to_string(cols) + ")");
  }
  const std::vector<float> values = vector(name, static_cast<std::int64_t>(rows) * cols);
  Matrix matrix(rows, cols);
  for (int r = 0; r < rows; ++r)
    std::copy_n(values.data() + static_cast<std::ptrdiff_t>(r) * cols, cols, matrix.row(r));
  return matrix;
}

std::vector<float> ModelTensors::bias(std::string_view pattern, int block, int outputs) {
  const auto name = find(pattern, block, "bias");
  if (!name) return {};
  biases_[std::string(pattern)].insert(block);
  return vector(*name, outputs);
}

NormWeights ModelTensors::norm(std::string_view pattern, int block, int channels) {
  NormWeights weights;
  weights.weight = vector(require(pattern, block, "norm"), channels);
  weights.bias = bias(pattern, block, channels);
  const std::string tensor = "Tensor \"" + require(pattern, block, "norm") + "\" of " + file_.path().string();
  if (rms_norm_ != weights.bias.empty()) {
    throw Error(tensor + (rms_norm_ ? " has a bias beside it, which an RMSNorm has not: the file does not fit what is "
                                      "said of its norms."
                                    : " is a norm without a bias, which is no LayerNorm: the file is incomplete or its "
                                      "norms are of another kind."));
  }
  weights.centred = !rms_norm_;
  if (rms_norm_) weights.bias.assign(static_cast<std::size_t>(channels), 0.f);
  return weights;
}

std::optional<NormWeights> ModelTensors::optional_norm(std::string_view pattern, int channels) {
  if (!find(pattern, 0, "norm")) return std::nullopt;
  return norm(pattern, 0, channels);
}

/// Delivers the rows of a weight (outputs, inputs) in order, a chunk at a time, so that a tensor is never in memory
/// twice.
struct ModelTensors::Reader {
  ModelTensors& owner;
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
    if (!inputs_first) {
      owner.file_.read(name, first * inputs, chunk);
      return owner.look_for_infinities(name, chunk, first * inputs);
    }
    if (whole.empty()) {
      whole = owner.file_.read_all(name);
      owner.look_for_infinities(name, whole, 0);
    }
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
  check_type(name);
  Reader reader{*this, name, outputs, inputs, names().inputs_first, {}};
  Linear layer(
      outputs, inputs, groups, [&](int row, float* out) { reader.row(row, out); }, std::move(bias));
  file_.release(name);
  used_.insert(name);
  on_read_(static_cast<std::int64_t>(outputs) * inputs);
  return layer;
}

Linear ModelTensors::part(std::string_view pattern, int block, int first, int outputs, int all, int inputs, int groups,
                          std::vector<float> own_bias) {
  const std::string name = require(pattern, block, "weight");
  if (linear_shape(name) != std::pair<std::int64_t, std::int64_t>(all, inputs)) {
    wrong_shape(name, "a layer from " + std::to_string(inputs) + " to " + std::to_string(all) + " numbers");
  }
  check_type(name);
  if (const std::vector<float> biases = bias(pattern, block, all); !biases.empty()) {
    own_bias.assign(biases.begin() + first, biases.begin() + first + outputs);
  }
  Reader reader{*this, name, all, inputs, names().inputs_first, {}};
  Linear layer(
      outputs, inputs, groups, [&](int row, float* out) { reader.row(first + row, out); }, std::move(own_bias));
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
    check_type(name);
    readers.push_back({*this, name, outputs, inputs, names().inputs_first, {}});
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
  // Where a mask leaves numbers out, the file may hold NaN in their place.
  const auto mask = find(in_block(names().bias_mask), block, "bias");
  const auto masked = mask ? find(qkv, block, "bias") : std::nullopt;
  std::vector<float> biases = masked ? read(*masked) : bias(qkv, block, 3 * channels);
  if (masked) biases_[qkv].insert(block);
  const auto query_bias = find(in_block(names().query_bias), block, "bias");
  const auto value_bias = find(in_block(names().value_bias), block, "bias");
  if (query_bias && value_bias && biases.empty()) {
    biases_[qkv].insert(block);
    const std::vector<float> q = vector(*query_bias, channels), v = vector(*value_bias, channels);
    biases.assign(3 * size, 0.f);
    std::copy(q.begin(), q.end(), biases.begin());
    std::copy(v.begin(), v.end(), biases.begin() + 2 * channels);
  }
  if (masked) {
    const std::vector<float> factors = vector(*mask, 3 * channels);
    if (biases.size() != factors.size()) wrong_shape(*masked, std::to_string(factors.size()) + " numbers");
    for (std::size_t i = 0; i < biases.size(); ++i) biases[i] = factors[i] == 1.f ? biases[i] : 0.f;
  }
  return linear(qkv, block, 3 * channels, channels, 3, std::move(biases));
}

NormWeights ModelTensors::patch_norm(std::string_view pattern, int area, int input_channels) {
  NormWeights stored = norm(pattern, 0, area * input_channels);
  NormWeights weights = stored;
  for (int channel = 0; channel < input_channels; ++channel) {
    for (int i = 0; i < area; ++i) {
      const int to = channel * area + i, from = i * input_channels + channel;
      weights.weight.at(static_cast<std::size_t>(to)) = stored.weight.at(static_cast<std::size_t>(from));
      weights.bias.at(static_cast<std::size_t>(to)) = stored.bias.at(static_cast<std::size_t>(from));
    }
  }
  return weights;
}

Linear ModelTensors::patch_embedding(int channels, int patch_px, int input_channels) {
  const std::string name = require(names().patch, 0, "weight");
  const int area = patch_px * patch_px;
  check_type(name);
  Reader reader{*this, name, channels, input_channels * area, names().channels_last, {}};
  const std::vector<std::int64_t>& sizes = shape(name);
  const bool mlx = !names().channels_last && sizes.size() == 4 && sizes[1] == patch_px && sizes[3] == input_channels &&
                   patch_px != input_channels;
  if (names().channels_last || (names().patch_rows && sizes.size() == 2) || mlx) {
    for (int channel = 0; channel < input_channels; ++channel) {
      for (int i = 0; i < area; ++i) reader.columns.push_back(i * input_channels + channel);
    }
  }
  Linear layer(
      channels, input_channels * area, 1, [&](int row, float* out) { reader.row(row, out); },
      bias(names().patch, 0, channels));
  file_.release(name);
  used_.insert(name);
  on_read_(static_cast<std::int64_t>(input_channels) * channels * area);
  return layer;
}

void ModelTensors::check_biases(int depth) const {
  for (const auto& [pattern, blocks] : biases_) {
    if (pattern.find('#') == std::string::npos || static_cast<int>(blocks.size()) == depth) continue;
    int without = 0;
    while (blocks.count(without) != 0) ++without;
    throw Error(file_.path().string() + " has the bias of \"" + spell(pattern, *blocks.begin(), "bias").front() +
                "\" but none of that name in block " + std::to_string(without) + ": the file is incomplete.");
  }
}

std::vector<std::string> ModelTensors::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, entry] : file_.entries()) {
    if (used_.count(name) == 0) names.push_back(name);
  }
  return names;
}

}  // namespace vit
