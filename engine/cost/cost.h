// What every operator of a network costs: the one table that numbers, printed formulas, lit rows and tests come from.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/base/choices.h"
#include "engine/cost/cost_formula.h"
#include "engine/network/model.h"
#include "engine/network/operators.h"
#include "engine/network/settings.h"
#include "engine/network/trace.h"
#include "engine/network/way_back.h"

namespace vit {

/// How operations are counted. `mac` counts multiply-adds alone, beside which tables show the element operations; an
/// element operation is never called a multiply-add.
enum class Convention : std::uint8_t {
  textbook,  // products, and one operation a score for scale and softmax together
  mac,       // multiply-adds of the products
  flop,      // 2·MAC
  elements,  // 2·MAC and every element operation: what rates are computed from
  fvcore,    // as fvcore counts an unfused network: multiply-adds as one, 5 an element of LayerNorm
  thop,      // as thop counts: no q·kᵀ and no attn·v, 4 an element of LayerNorm
};
inline constexpr int kConventionCount = 6;
std::span<const Choice<Convention>> choices(Convention);

/// A column of coefficients.
struct ConventionColumn {
  Convention convention;
  const char* id;            // "mac", for the command line and files
  const char* name;          // "MAC"
  const char* unit;          // "MAC", "FLOP", "operations"
  const char* explanation;   // one sentence
  double product;            // for a multiply-add of a layer with weights
  double attention_product;  // for one of q·kᵀ and attn·v
  double layer_norm;         // for an element of a LayerNorm
  double rms_norm;           // for an element of an RMSNorm
  double softmax;            // for a score
  double other;              // for any other element operation
};
const ConventionColumn& column_of(Convention convention);
/// "note", an older word for `textbook`, is understood, too.
std::optional<Convention> convention_by_id(const std::string& id);

/// What kind of work a row is: which coefficient of a convention it takes.
enum class Work : std::uint8_t { product, attention_product, layer_norm, rms_norm, softmax, element, none };

/// One row, in symbols. The rows of all blocks are alike.
struct Operator {
  Op op;
  std::string shape;  // "(B, N, 3C)", of the result
  Work work = Work::none;
  Polynomial macs = {};      // multiply-adds
  Polynomial elements = {};  // what the element operations act on: for a product the elements that a bias is added to
  double per_element = 0;    // element operations on each
  Polynomial floats = {};    // numbers read and written with this kernel, each operand once
  std::optional<Op> fused_into = std::nullopt;  // the row that this one's work is done, timed and moved in

  Polynomial element_ops() const { return elements * per_element; }
  Polynomial operations(Convention convention) const;
};

/// The control under the cursor: rows whose operations depend on it are lit, those where only the bytes do faintly.
enum class Control : std::uint8_t { heads, input_size, qkv_bias, attn_drop, proj_drop, kernel };
enum class Effect : std::uint8_t { none, bytes, operations };

/// The parts of the network that subtotals are given for.
enum class Section : std::uint8_t {
  attention,  // qkv … proj_drop of a block: the Attention module
  mlp,        // fc1 … fc2
  block,      // norm1 … residual2
  model,      // everything
};
const char* name_of(Section part);  // "Attention module", "MLP", "block", "model"
bool belongs_to(Op op, Section part);

struct Totals {
  double macs = 0, element_ops = 0, operations = 0, bytes = 0;
  Totals& operator+=(const Totals& other);
};

/// The rows, without numbers, of the forward pass.
std::vector<Operator> operator_table(const ModelConfig& config, const Settings& settings);

/// The rows of a backward pass, in which a row holds what is computed again for it: of a block that it goes through, or
/// of the last one on its way, with which it ends. Settings that keep the maps spare it the scores and the softmax;
/// Keep::automatic counts as keeping them.
enum class OnTheWay : std::uint8_t { through, end };
std::vector<Operator> backward_table(const ModelConfig& config, const Settings& settings, bool to_tokens,
                                     OnTheWay block);

/// All rows of a network under given settings, in the order of the forward pass. Immutable; cheap to make (well under a
/// millisecond), so it is made anew for every change.
class CostTable {
 public:
  /// Of the forward pass.
  CostTable(const ModelConfig& config, const TokenGrid& grid, const Settings& settings, int batch = 1);
  /// Of a backward pass.
  CostTable(const ModelConfig& config, const TokenGrid& grid, const Settings& settings, const WayBack& way);

  /// Each operator once: those before the blocks, those of a block, those after. The block is one that a backward pass
  /// goes through, if there is one.
  const std::vector<Operator>& operators() const { return operators_; }
  const Operator* find(Op op) const;             // null: this network has no such row
  const Operator* find(Op op, int block) const;  // as it is in this block; null: it has no such row. -1: as above
  int depth() const { return settings_.depth(); }
  int first_block() const { return way_ ? way_->down_to : 0; }  // with which the pass begins, or ends on its way back
  int blocks() const { return depth() - first_block(); }        // that the pass goes through
  const Settings& settings() const { return settings_; }
  const TokenGrid& grid() const { return grid_; }

  /// The value of every symbol in a block; -1: outside the blocks, where h has no meaning.
  Sizes sizes(int block) const;
  /// Of one row in one block; block -1: of a row outside the blocks, or of all blocks together.
  Totals cost(Op op, int block, Convention convention) const;
  /// The same with what is fused into the row: the work that its time is for.
  Totals cost_with_fused(Op op, int block, Convention convention) const;
  /// Of a part: of one block, or of all blocks together (block -1).
  Totals total(Section section, int block, Convention convention) const;

  /// Does the control change this row's operations, or its bytes at least?
  Effect effect(Op op, Control control) const;
  /// The same of each of operators(), in their order.
  std::vector<Effect> effects(Control control) const;

 private:
  std::vector<Operator> rows_of(const Settings& settings) const;

  ModelConfig config_;
  TokenGrid grid_;
  Settings settings_;
  int batch_ = 1;
  std::optional<WayBack> way_;  // none: the forward pass
  std::vector<Operator> operators_;
  std::vector<Operator> end_;  // those of the block with which a way back ends, where they are others
};

}  // namespace vit
