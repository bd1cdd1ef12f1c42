#include "engine/network/not_finite.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <exception>
#include <memory>
#include <vector>

#include "engine/network/pass.h"
#include "engine/network/pass_buffers.h"
#include "engine/network/reference_pass.h"

namespace vit {
namespace {

bool finite(const float* values, std::size_t count) {
  constexpr std::uint32_t kExponent = 0x7f800000u;  // all its bits are set in infinity and NaN alone
  std::uint32_t found = 0;
  for (std::size_t i = 0; i < count; ++i)
    found |= static_cast<std::uint32_t>((std::bit_cast<std::uint32_t>(values[i]) & kExponent) == kExponent);
  return found == 0;
}

bool finite(MatrixView m) {
  for (int r = 0; r < m.rows; ++r)
    if (!finite(m.row(r), static_cast<std::size_t>(m.cols))) return false;
  return true;
}

bool finite(const std::vector<float>& values) {
  return finite(values.data(), values.size());
}

bool holds_nan(MatrixView m) {
  for (int r = 0; r < m.rows; ++r)
    if (std::any_of(m.row(r), m.row(r) + m.cols, [](float value) { return std::isnan(value); })) return true;
  return false;
}

bool ends_finite(const Trace& trace) {
  if (trace.extent.last_maps >= 0 && !trace.blocks.empty()) {
    const BlockTrace& last = *trace.blocks.back();
    return finite(last.q.view()) && finite(last.k.view());
  }
  return finite(trace.output.view()) && finite(trace.features.view()) && finite(trace.pooled) && finite(trace.logits);
}

/// The block to begin with; 0: with the pixels.
int last_finite_block(const Trace& trace) {
  std::size_t block = 0;
  while (block + 1 < trace.blocks.size() && finite(trace.blocks[block + 1]->input.view())) ++block;
  return static_cast<int>(block);
}

/// Ends the pass that looks for it.
struct Found : std::exception {
  explicit Found(const NotFinite& found) : where(found) {}
  NotFinite where;
};

}  // namespace

std::string sentence_of(const NotFinite& where) {
  std::string place = "in block " + std::to_string(where.block);
  if (where.before_blocks()) place = "before the first block";
  if (where.behind_blocks()) place = "behind the last block";
  return std::string(where.nan ? "NaN appears " : "An infinite number appears ") + place + ", at the operator " +
         name_of(where.op) + (where.head >= 0 ? " of head " + std::to_string(where.head) : "") +
         "; what comes of it cannot be shown. Weights or pixels hold such numbers, or are too large for 32 bits.";
}

namespace {

NotFinite search(const Trace& trace) {
  const int first = last_finite_block(trace);
  PassInput again{trace.model, trace.pixels, trace.settings, trace.extent};
  again.settings.kernel = Kernel::reference;
  if (again.settings.keep != Keep::none) again.settings.keep = Keep::qk;
  const auto second = begin_trace(again, trace.grid, first, &trace);
  PassBuffers buffers;
  Meter meter;
  meter.start(trace.model->config.depth, 1, first);
  const Pass pass(*second, buffers, meter, first, 1);
  try {
    run_reference(pass, [](Op op, int block, int head, MatrixView result) {
      if (!finite(result)) throw Found({.block = block, .op = op, .head = head, .nan = holds_nan(result)});
    });
  } catch (const Found& found) {
    return found.where;
  }
  // The fast path rounds otherwise and met the end of the numbers a little sooner: this block's result did.
  return {.block = first, .op = Op::residual2, .head = -1, .nan = holds_nan(trace.output.view())};
}

/// The pass that was searched last: who measures runs the same one many times.
struct Searched {
  std::weak_ptr<const Model> model;
  std::weak_ptr<const Pixels> pixels;
  Settings settings;
  Extent extent;
  NotFinite found;

  bool is(const Trace& trace) const {
    return model.lock() == trace.model && pixels.lock() == trace.pixels && settings == trace.settings &&
           extent.last_maps == trace.extent.last_maps && extent.class_token_only == trace.extent.class_token_only;
  }
};

}  // namespace

std::optional<NotFinite> first_not_finite(const Trace& trace) {
  if (ends_finite(trace)) return std::nullopt;
  thread_local Searched last;
  if (!last.is(trace)) last = {trace.model, trace.pixels, trace.settings, trace.extent, search(trace)};
  return last.found;
}

}  // namespace vit
