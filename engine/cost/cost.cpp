#include "engine/cost/cost.h"

#include <algorithm>
#include <cassert>

#include "engine/network/windows.h"

namespace vit {
namespace {

constexpr double kBytesPerFloat = 4;

constexpr std::array<ConventionColumn, kConventionCount> kColumns = {{
    {Convention::textbook, "textbook", "textbook", "operations",
     "Multiply-adds of the products, and one operation a score for scale and softmax together; everything else is "
     "free.",
     1, 1, 0, 0, 1, 0},
    {Convention::mac, "mac", "MAC + elements", "MAC",
     "Multiply-adds of the products, and in a column of their own the element operations: additions, products, maxima "
     "and exponentials of the element-wise steps.",
     1, 1, 0, 0, 0, 0},
    {Convention::flop, "flop", "FLOP = 2·MAC", "FLOP",
     "A multiply-add is two operations; element operations are not counted.", 2, 2, 0, 0, 0, 0},
    {Convention::elements, "elements", "FLOP + elements", "FLOP",
     "Two operations a multiply-add, and every addition, product, maximum and exponential of the element-wise steps.",
     2, 2, 7, 4, 5, 1},
    {Convention::fvcore, "fvcore", "fvcore", "fvcore counts",
     "As fvcore counts a network without fused attention: a multiply-add is one, LayerNorm five an element, RMSNorm, "
     "softmax and activation nothing.",
     1, 1, 5, 0, 0, 0},
    {Convention::thop, "thop", "thop", "thop counts",
     "As thop counts modules: q·kᵀ and attn·v are no modules and cost nothing, LayerNorm four an element, RMSNorm "
     "nothing.",
     1, 0, 4, 0, 0, 0},
}};

/// Null: there is none.
const Operator* find_row(const std::vector<Operator>& rows, Op op) {
  const auto found = std::find_if(rows.begin(), rows.end(), [&](const Operator& o) { return o.op == op; });
  return found == rows.end() ? nullptr : &*found;
}

}  // namespace

const ConventionColumn& column_of(Convention convention) {
  const ConventionColumn& column = kColumns[static_cast<std::size_t>(convention)];
  assert(column.convention == convention);
  return column;
}

std::span<const Choice<Convention>> choices(Convention) {
  static const auto all = [] {
    std::array<Choice<Convention>, kConventionCount> list{};
    for (std::size_t i = 0; i < list.size(); ++i)
      list[i] = {kColumns[i].convention, kColumns[i].id, kColumns[i].name, kColumns[i].explanation};
    return list;
  }();
  return all;
}

std::optional<Convention> convention_by_id(const std::string& id) {
  for (const ConventionColumn& column : kColumns)
    if (id == column.id) return column.convention;
  if (id == "note") return Convention::textbook;
  return std::nullopt;
}

Polynomial Operator::operations(Convention convention) const {
  const ConventionColumn& column = column_of(convention);
  switch (work) {
    case Work::product:
      return macs * column.product + elements * (column.other * per_element);
    case Work::attention_product:
      return macs * column.attention_product;
    case Work::layer_norm:
      return elements * column.layer_norm;
    case Work::rms_norm:
      return elements * column.rms_norm;
    case Work::softmax:
      return elements * column.softmax;
    case Work::element:
      return elements * (column.other * per_element);
    case Work::none:
      break;
  }
  return {};
}

const char* name_of(Section part) {
  switch (part) {
    case Section::attention:
      return "Attention module";
    case Section::mlp:
      return "MLP";
    case Section::block:
      return "block";
    case Section::model:
      break;
  }
  return "model";
}

bool belongs_to(Op op, Section part) {
  switch (part) {
    case Section::attention:
      return op >= Op::qkv && op <= Op::proj_drop;
    case Section::mlp:
      return op >= Op::fc1 && op <= Op::fc2;
    case Section::block:
      return is_block_op(op);
    case Section::model:
      break;
  }
  return true;
}

Totals& Totals::operator+=(const Totals& other) {
  macs += other.macs;
  element_ops += other.element_ops;
  operations += other.operations;
  bytes += other.bytes;
  return *this;
}

CostTable::CostTable(const ModelConfig& config, const TokenGrid& grid, const Settings& settings, int batch)
    : config_(config), grid_(grid), settings_(settings), batch_(batch), operators_(rows_of(settings)) {}

CostTable::CostTable(const ModelConfig& config, const TokenGrid& grid, const Settings& settings, const WayBack& way)
    : config_(config), grid_(grid), settings_(settings), way_(way), operators_(rows_of(settings)) {
  if (blocks() > 1) end_ = backward_table(config, settings, way.tokens, OnTheWay::end);
}

/// CostTable::operators() under other settings.
std::vector<Operator> CostTable::rows_of(const Settings& settings) const {
  if (!way_) return operator_table(config_, settings);
  return backward_table(config_, settings, way_->tokens, blocks() > 1 ? OnTheWay::through : OnTheWay::end);
}

const Operator* CostTable::find(Op op) const {
  return find_row(operators_, op);
}

const Operator* CostTable::find(Op op, int block) const {
  return find_row(block >= 0 && block == first_block() && !end_.empty() ? end_ : operators_, op);
}

Sizes CostTable::sizes(int block) const {
  const TokenGrid seen = block < 0 ? grid_ : grid_seen(config_, grid_, block);
  return {.B = static_cast<double>(batch_),
          .N = static_cast<double>(grid_.tokens()),
          .W = static_cast<double>(block < 0 ? 0 : seen.tokens()),
          .A = static_cast<double>(block < 0 ? 0 : seen.rows + seen.cols),
          .T = static_cast<double>(grid_.prefix),
          .P = static_cast<double>(config_.patch_px),
          .C = static_cast<double>(config_.channels),
          .M = static_cast<double>(config_.hidden),
          .h = block < 0 ? 0.0 : static_cast<double>(settings_.heads(block)),
          .K = static_cast<double>(config_.classes)};
}

Totals CostTable::cost(Op op, int block, Convention convention) const {
  if (block < 0 && is_block_op(op)) {
    Totals sum;
    for (int b = first_block(); b < depth(); ++b) sum += cost(op, b, convention);
    return sum;
  }
  const Operator* row = block >= 0 && block < first_block() ? nullptr : find(op, block);
  if (row == nullptr) return {};
  const Sizes at = sizes(block);
  return {row->macs.at(at), row->element_ops().at(at), row->operations(convention).at(at),
          kBytesPerFloat * row->floats.at(at)};
}

Totals CostTable::cost_with_fused(Op op, int block, Convention convention) const {
  Totals sum = cost(op, block, convention);
  for (const Operator& row : operators_)
    if (row.fused_into == op) sum += cost(row.op, block, convention);
  return sum;
}

Totals CostTable::total(Section section, int block, Convention convention) const {
  Totals sum;
  for (const Operator& row : operators_)
    if (belongs_to(row.op, section)) sum += cost(row.op, is_block_op(row.op) ? block : -1, convention);
  return sum;
}

Effect CostTable::effect(Op op, Control control) const {
  const std::vector<Effect> all = effects(control);
  for (std::size_t i = 0; i < all.size(); ++i)
    if (operators_[i].op == op) return all[i];
  return Effect::none;
}

std::vector<Effect> CostTable::effects(Control control) const {
  std::vector<Effect> all;
  all.reserve(operators_.size());
  const auto by_symbol = [&](Symbol symbol) {
    for (const Operator& row : operators_) {
      const bool operations = row.macs.contains(symbol) || row.element_ops().contains(symbol);
      all.push_back(operations ? Effect::operations : row.floats.contains(symbol) ? Effect::bytes : Effect::none);
    }
  };
  // A control that is no symbol of the formulas adds or removes whole terms: compare with the table as it would be.
  const auto by_change = [&](const Settings& changed) {
    const std::vector<Operator> others = rows_of(changed);
    for (const Operator& row : operators_) {
      const Operator* other = find_row(others, row.op);
      const bool operations = other->macs != row.macs || other->element_ops() != row.element_ops();
      all.push_back(operations ? Effect::operations : other->floats != row.floats ? Effect::bytes : Effect::none);
    }
  };
  Settings changed = settings_;
  static_cast<Numbers&>(changed) = effective(settings_);
  switch (control) {
    case Control::heads:
      by_symbol(Symbol::h);
      return all;
    case Control::input_size:
      by_symbol(Symbol::N);
      return all;
    case Control::qkv_bias:
      changed.qkv_bias = !changed.qkv_bias;
      break;
    case Control::attn_drop:
      changed.attn_drop = changed.attn_drop > 0.f ? 0.f : 0.1f;
      changed.training = true;
      break;
    case Control::proj_drop:
      changed.proj_drop = changed.proj_drop > 0.f ? 0.f : 0.1f;
      changed.training = true;
      break;
    case Control::kernel:
      changed.kernel = changed.kernel == Kernel::tiled ? Kernel::eager : Kernel::tiled;
      break;
  }
  by_change(changed);
  return all;
}

}  // namespace vit
