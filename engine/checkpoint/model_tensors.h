// A checkpoint seen through its family's names: finds tensors by role, checks their shapes and reads them as the
// network wants them, whatever their order in the file.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "engine/checkpoint/family.h"
#include "engine/containers/tensor_file.h"
#include "engine/network/linear.h"
#include "engine/network/model.h"

namespace vit {

class ModelTensors {
 public:
  ModelTensors(const TensorFile& file, const DetectedFamily& detected, std::function<void(std::int64_t)> on_read);

  const FamilyNames& names() const { return *detected_.family->names; }

  /// The file's name for a role, or nothing. `part` is "weight", "norm" (a norm's weight) or "bias".
  std::optional<std::string> find(std::string_view pattern, int block, std::string_view part) const;
  std::string require(std::string_view pattern, int block, std::string_view part) const;
  const std::vector<std::int64_t>& shape(const std::string& name) const;
  std::int64_t elements(const std::string& name) const;

  /// Block i's pattern with the block's own prefix.
  std::string in_block(const char* pattern) const;

  /// (outputs, inputs) of a Linear's weight, in the network's order whatever the file's.
  std::pair<std::int64_t, std::int64_t> linear_shape(const std::string& weight) const;

  /// The norms are RMSNorm, which has no biases; before any is read.
  void set_rms_norm(bool rms_norm) { rms_norm_ = rms_norm; }

  /// The first tensor with a number that is not finite, in a sentence; empty: none has one.
  const std::string& not_finite() const { return not_finite_; }

  /// Throws Error where the tensor holds integers.
  std::vector<float> vector(const std::string& name, std::int64_t expected);
  /// (rows, cols) as it stands in the file.
  Matrix matrix(const std::string& name, int rows, int cols);
  NormWeights norm(std::string_view pattern, int block, int channels);
  std::optional<NormWeights> optional_norm(std::string_view pattern, int channels);
  /// Throws Error unless the weights have these sizes. A missing bias is no error.
  Linear linear(std::string_view pattern, int block, int outputs, int inputs, int groups);
  Linear linear(std::string_view pattern, int block, int outputs, int inputs, int groups, std::vector<float> bias);
  /// Layers of `outputs` each one below the other: query, key and value, or SwiGLU's gate and input. One without a
  /// bias beside others that have one gets zeros.
  Linear joined(const std::vector<std::string>& patterns, int block, int outputs, int inputs, int groups);
  /// Outputs [first, first + outputs) of a layer that has `all` of them, as a layer of its own. `own_bias` takes the
  /// place of a bias that the file's layer has not.
  Linear part(std::string_view pattern, int block, int first, int outputs, int all, int inputs, int groups,
              std::vector<float> own_bias = {});
  /// Query, key and value in one weight, (3C, C); their biases may lie apart or be masked.
  Linear joined_in_file(int block, int channels);
  /// Of the `area` pixels of a patch, whose channels lie side by side in the file.
  NormWeights patch_norm(std::string_view pattern, int area, int input_channels);
  Linear patch_embedding(int channels, int patch_px, int input_channels);

  /// Throws Error unless each layer has its bias in all blocks or in none.
  void check_biases(int depth) const;

  std::vector<std::string> used() const { return {used_.begin(), used_.end()}; }
  std::vector<std::string> unused() const;

 private:
  struct Reader;
  std::vector<float> read(const std::string& name);
  void look_for_infinities(const std::string& name, const std::vector<float>& values, std::int64_t first);
  void check_type(const std::string& name) const;
  std::vector<float> bias(std::string_view pattern, int block, int outputs);
  [[noreturn]] void wrong_shape(const std::string& name, const std::string& expected) const;

  const TensorFile& file_;
  DetectedFamily detected_;
  std::function<void(std::int64_t)> on_read_;  // hears how many parameters were read
  std::set<std::string> used_;
  bool rms_norm_ = false;
  std::string not_finite_;
  std::map<std::string, std::set<int>> biases_;  // blocks that have one, by pattern
};

}  // namespace vit
