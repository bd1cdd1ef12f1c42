#include "engine/containers/tensor_file_derived.h"

#include <algorithm>
#include <utility>

#include "engine/base/error.h"

namespace vit {

DerivedTensorFile::DerivedTensorFile(std::shared_ptr<const TensorFile> base) : base_(std::move(base)) {
  entries_ = base_->entries();
  metadata_ = base_->metadata();
  path_ = base_->path();
  format_ = base_->format();
}

void DerivedTensorFile::rename(const std::string& from, const std::string& to) {
  if (entries_.count(to) != 0) throw Error("Tensor \"" + to + "\" of " + path_.string() + " is there twice.");
  if (auto computed = computed_.extract(from)) {
    computed.key() = to;
    computed_.insert(std::move(computed));
  } else {
    const auto stored = stored_.find(from);
    stored_[to] = stored == stored_.end() ? from : stored->second;
  }
  entries_[to] = std::move(entries_.at(from));
  entries_.erase(from);
}

void DerivedTensorFile::compute(const std::string& name, std::vector<std::int64_t> shape,
                                std::function<std::vector<float>()> make) {
  entries_[name] = {DType::f32, std::move(shape), {}};
  computed_[name] = std::move(make);
}

void DerivedTensorFile::read(const std::string& name, std::int64_t first, std::span<float> out) const {
  const auto computed = computed_.find(name);
  if (computed == computed_.end()) {
    const auto stored = stored_.find(name);
    return base_->read(stored == stored_.end() ? name : stored->second, first, out);
  }
  const std::lock_guard lock(mutex_);
  if (made_name_ != name) {
    made_name_.clear();
    made_ = computed->second();
    made_name_ = name;
  }
  if (first < 0 || static_cast<std::int64_t>(out.size()) > static_cast<std::int64_t>(made_.size()) - first) {
    throw Error("Tensor \"" + name + "\" of " + path_.string() + " is smaller than expected.");
  }
  std::copy_n(made_.begin() + first, out.size(), out.begin());
}

void DerivedTensorFile::release(const std::string& name) const {
  if (computed_.count(name) == 0) {
    const auto stored = stored_.find(name);
    return base_->release(stored == stored_.end() ? name : stored->second);
  }
  const std::lock_guard lock(mutex_);
  if (made_name_ == name) {
    made_name_.clear();
    made_ = {};
  }
}

}  // namespace vit
