// A checkpoint seen otherwise than it was stored: tensors under other names, and tensors computed from several.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engine/containers/tensor_file.h"

namespace vit {

/// Begins as the file it stands on. Changed by one thread, then immutable as every TensorFile.
class DerivedTensorFile : public TensorFile {
 public:
  explicit DerivedTensorFile(std::shared_ptr<const TensorFile> base);

  /// Another name for a tensor that is there. Throws Error if the new name is taken.
  void rename(const std::string& from, const std::string& to);
  void drop(const std::string& name) { entries_.erase(name); }
  /// A tensor of F32, (shape), made when it is read. It may take the place of one that is there.
  void compute(const std::string& name, std::vector<std::int64_t> shape, std::function<std::vector<float>()> make);

  void read(const std::string& name, std::int64_t first, std::span<float> out) const override;
  void release(const std::string& name) const override;

 private:
  std::shared_ptr<const TensorFile> base_;
  std::map<std::string, std::string> stored_;  // names to the base's
  std::map<std::string, std::function<std::vector<float>()>> computed_;
  // A computed tensor is kept until it is released or another one is asked for.
  mutable std::mutex mutex_;
  mutable std::string made_name_;
  mutable std::vector<float> made_;
};

}  // namespace vit
