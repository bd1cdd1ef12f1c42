// Drafts: a smaller input of the same photo, so that a hand that drags a setting sees what it does before the exact
// pass can be there.
#pragma once

#include <array>
#include <functional>
#include <optional>
#include <string>

#include "engine/image/preprocessing.h"
#include "engine/network/operators.h"
#include "engine/network/trace.h"

namespace headlight {

/// Of a photo, without its pixels.
struct PhotoSize {
  int width = 0, height = 0;  // px
};

/// The rules that show the network the same part of the photo at `patches` patches of the input's shorter side. None
/// where the exact input is no larger than that, or the rules cannot make it.
std::optional<vit::Preprocessing> smaller_input(const vit::Preprocessing& exact, PhotoSize photo, int patch_px,
                                                int patches);

/// Why this network can have no drafts, one sentence; empty: it can.
std::string draft_refusal(const vit::ModelConfig& config);

struct DraftQuestion {
  const vit::ModelConfig& config;
  PhotoSize photo;
  const vit::Preprocessing& exact;
  int first_block = 0;     // where the exact pass would begin
  int patches_before = 0;  // of the shorter side of the draft before it; 0: there was none
};

/// ms that a pass over this grid should take from a block on.
using PredictMs = std::function<double(const vit::TokenGrid& grid, int first_block)>;

struct Draft {
  vit::Preprocessing rules;
  int patches = 0;  // of the shorter side
};

/// An exact pass that should be done in this time needs no draft.
inline constexpr double kExactMs = 80;
/// What a draft may take: with the frame that draws it, a picture every 100 ms.
inline constexpr double kDraftMs = 55;

/// The largest of a few sizes that should be ready within kDraftMs, else the smallest; the size before is kept while
/// it is about right, so that the grid on screen does not jump. None where the exact pass is quick enough or hardly
/// slower, or where the network can have none.
std::optional<Draft> draft_for(const DraftQuestion& question, const PredictMs& predict);

/// What one pass says of others of the same network: each operator's time, in proportion to its operations.
class PassSpeed {
 public:
  /// Replaces what is known, unless the pass ran no block.
  void note(const vit::Trace& trace);
  void forget() { wall_ms_ = 0; }
  bool known() const { return wall_ms_ > 0; }
  /// 0 while nothing is known.
  double predict_ms(const vit::TokenGrid& grid, const vit::Settings& settings, int first_block) const;

 private:
  struct Row {
    double ms = 0, operations = 0;
  };
  vit::ModelConfig config_;
  std::array<Row, vit::kOpCount> rows_{};
  double wall_ms_ = 0;
};

}  // namespace headlight
