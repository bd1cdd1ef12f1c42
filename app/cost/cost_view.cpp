#include "app/cost/cost_view.h"

#include <array>
#include <vector>

#include "engine/cost/cost_notes.h"

namespace headlight {
namespace {

using vit::Op;

class ViewBuilder {
 public:
  ViewBuilder(const vit::CostTable& table, std::span<const vit::Timings> passes, int block, vit::Convention convention)
      : table_(table), times_(table, passes), wall_(times_.wall()), block_(block), convention_(convention) {}

  CostView build() const {
    CostView view{.convention = convention_, .block = block_, .passes = wall_.calls, .spread = wall_.spread};
    if (wall_.calls > 0) {
      view.wall_ms = wall_.median_ms;
      view.wall_min_ms = wall_.min_ms;
    }
    std::array<std::vector<vit::Effect>, kControlCount> effects;  // by control and row
    for (std::size_t c = 0; c < effects.size(); ++c) effects[c] = table_.effects(static_cast<vit::Control>(c));
    for (std::size_t i = 0; i < table_.operators().size(); ++i) {
      const vit::Operator& row = table_.operators()[i];
      if (block_ >= 0 && (!vit::is_block_op(row.op) || table_.find(row.op, block_) == nullptr)) continue;
      view.lines.push_back(line(*table_.find(row.op, block_)));
      for (std::size_t c = 0; c < effects.size(); ++c) view.lines.back().effects[c] = effects[c][i];
    }
    view.lines.push_back(waiting());
    for (vit::Section section : {vit::Section::attention, vit::Section::mlp, vit::Section::block, vit::Section::model})
      view.totals.push_back(subtotal(section));
    return view;
  }

 private:
  CostLine line(const vit::Operator& row) const {
    CostLine line;
    line.id = vit::id_of(row.op);
    line.name = vit::name_of(row.op);
    line.op = row.op;
    line.block = vit::is_block_op(row.op) ? block_ : -1;
    line.blocks = vit::is_block_op(row.op) && block_ < 0 ? table_.blocks() : 1;
    line.shape = row.shape;
    const int prefix = table_.grid().prefix;
    const vit::Polynomial element_ops = row.element_ops();
    const vit::Polynomial counted = convention_ != vit::Convention::mac ? row.operations(convention_)
                                    : row.macs.is_zero()                ? element_ops
                                                                        : row.macs;
    line.formula = vit::formula(counted, prefix);
    line.formula_terms = vit::formula_terms(counted, prefix);
    line.element_formula = element_ops.is_zero() ? "" : vit::formula(element_ops, prefix);
    line.bytes_formula = vit::bytes_formula(row.floats, prefix);
    line.explanation = vit::explanation_of(row.op);
    set_cost(line, table_.cost(row.op, line.block, convention_));
    line.instead_of_time = vit::fused_text(row);
    const bool off = row.work != vit::Work::none && row.macs.is_zero() && row.elements.is_zero();
    if (off && line.instead_of_time.empty() && (row.op == Op::attn_drop || row.op == Op::proj_drop))
      line.instead_of_time = "off";
    if (line.instead_of_time.empty())
      set_time(line, times_.row(row.op, line.block),
               table_.cost_with_fused(row.op, line.block, vit::Convention::elements));
    return line;
  }

  CostLine subtotal(vit::Section section) const {
    CostLine line;
    line.kind = CostLine::Kind::subtotal;
    line.name = vit::name_of(section);
    line.id = section == vit::Section::attention ? "total.attention"
              : section == vit::Section::mlp     ? "total.mlp"
              : section == vit::Section::block   ? "total.block"
                                                 : "total.model";
    const bool model = section == vit::Section::model;
    line.block = model ? -1 : block_;
    line.blocks = model || block_ >= 0 ? 1 : table_.blocks();
    set_cost(line, table_.total(section, line.block, convention_));
    set_time(line, model ? wall_ : times_.section(section, line.block),
             table_.total(section, line.block, vit::Convention::elements));
    return line;
  }

  CostLine waiting() const {
    CostLine line;
    line.kind = CostLine::Kind::waiting;
    line.id = "waiting";
    line.name = "waiting / other";
    line.formula = line.bytes_formula = "0";
    line.explanation =
        block_ < 0
            ? "Wall time that no operator accounts for: threads that wait for each other, starting and ending the pass."
            : "Time in this block that threads waited for each other.";
    if (wall_.calls > 0) {
      line.calls = wall_.calls;
      line.ms_median = block_ < 0 ? times_.waiting_ms() : times_.waiting_ms(block_);
      if (wall_.median_ms > 0) line.share = *line.ms_median / wall_.median_ms;
    }
    return line;
  }

  static void set_cost(CostLine& line, const vit::Totals& cost) {
    line.macs = cost.macs;
    line.element_ops = cost.element_ops;
    line.operations = cost.operations;
    line.bytes = cost.bytes;
  }

  void set_time(CostLine& line, const vit::RowTime& time, const vit::Totals& done) const {
    line.calls = time.calls;
    if (time.calls == 0) return;
    line.ms_median = time.median_ms;
    line.ms_min = time.min_ms;
    line.ms_max = time.max_ms;
    line.spread = time.spread;
    if (wall_.calls > 0 && wall_.median_ms > 0) line.share = time.median_ms / wall_.median_ms;
    if (time.median_ms <= 0) return;
    if (done.operations > 0) line.gflops = vit::gflops(done.operations, time.median_ms);
    if (done.bytes > 0) line.gbytes = done.bytes / time.median_ms * 1e-6;
  }

  const vit::CostTable& table_;
  const vit::Measurements times_;
  const vit::RowTime wall_;
  const int block_;
  const vit::Convention convention_;
};

}  // namespace

CostView make_cost_view(const vit::CostTable& table, std::span<const vit::Timings> passes, int block,
                        vit::Convention convention) {
  return ViewBuilder(table, passes, block, convention).build();
}

}  // namespace headlight
