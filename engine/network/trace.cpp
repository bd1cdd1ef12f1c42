#include "engine/network/trace.h"

#include <mutex>
#include <utility>

namespace vit {
namespace {

// Traces come and go with every pass. Fresh pages cost a page fault each, a tenth of a pass of a small network, so
// blocks that nobody looks at any more wait here for the next pass of the same size.
class SpareBlocks {
 public:
  std::unique_ptr<BlockTrace> take(int tokens, int channels) {
    std::lock_guard lock(mutex_);
    if (!spare_.empty() && (spare_.back()->input.rows() != tokens || spare_.back()->input.cols() != channels)) {
      spare_.clear();  // another image size or network: these sizes will not come back soon
      bytes_ = 0;
    }
    if (spare_.empty()) return nullptr;
    auto block = std::move(spare_.back());
    spare_.pop_back();
    bytes_ -= block->bytes();
    return block;
  }

  void give(std::unique_ptr<BlockTrace> block) {
    std::lock_guard lock(mutex_);
    const bool fits = spare_.empty() || (spare_.back()->input.rows() == block->input.rows() &&
                                         spare_.back()->input.cols() == block->input.cols());
    if (!fits || bytes_ + block->bytes() > kMostBytes) return;
    bytes_ += block->bytes();
    spare_.push_back(std::move(block));
  }

 private:
  static constexpr std::size_t kMostBytes = std::size_t{1} << 30;
  std::mutex mutex_;
  std::vector<std::unique_ptr<BlockTrace>> spare_;  // all of one size
  std::size_t bytes_ = 0;
};

// Never destroyed: a trace may outlive every static object.
SpareBlocks& spare_blocks() {
  static auto* blocks = new SpareBlocks;
  return *blocks;
}

}  // namespace

std::size_t map_floats(int heads, int tokens, int keys) {
  return static_cast<std::size_t>(heads) * tokens * Matrix::padded_stride(keys);
}

std::size_t BlockTrace::bytes() const {
  return input.bytes() + q.bytes() + k.bytes() + map_capacity * sizeof(float);
}

std::shared_ptr<BlockTrace> new_block_trace(int tokens, int channels, int map_heads, int keys) {
  std::unique_ptr<BlockTrace> block = spare_blocks().take(tokens, channels);
  if (!block) {
    block = std::make_unique<BlockTrace>();
    block->input = Matrix(tokens, channels);
    block->q = Matrix(tokens, channels);
    block->k = Matrix(tokens, channels);
  }
  const std::size_t floats = map_floats(map_heads, tokens, keys);
  if (floats > block->map_capacity || floats < block->map_capacity / 4) {
    block->maps.reset();  // before the new ones are allocated
    block->map_capacity = 0;
    if (floats > 0) block->maps = allocate_floats(floats + kMatrixSlack);
    block->map_capacity = floats;
  }
  block->map_heads = map_heads;
  block->map_stride = Matrix::padded_stride(keys);
  return {block.release(), [](BlockTrace* used) { spare_blocks().give(std::unique_ptr<BlockTrace>(used)); }};
}

}  // namespace vit
