// The cost table ready to be shown: the same lines for the window, the terminal and files.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/cost/cost.h"
#include "engine/cost/measurements.h"

namespace headlight {

inline constexpr int kControlCount = static_cast<int>(vit::Control::kernel) + 1;

/// One line of the table. Absent numbers were not measured, or have no meaning for this line.
struct CostLine {
  enum class Kind { row, subtotal, waiting } kind = Kind::row;
  std::string id;             // "qkv", "total.attention", "waiting"
  std::string name;           // "qkv", "Attention module"
  std::optional<vit::Op> op;  // of a row
  int block = -1;             // -1: outside the blocks, or all blocks together
  int blocks = 1;             // how many the line adds up

  std::string shape;    // of the result
  std::string formula;  // of one block, by the view's convention; with `mac` the element operations where no product is
  std::vector<vit::FormulaTerm> formula_terms{};  // the same in parts
  std::string element_formula;                    // "" where there are none
  std::string bytes_formula;
  std::string explanation;  // for the tooltip

  double macs = 0, element_ops = 0;
  double operations = 0;  // by the view's convention
  double bytes = 0;
  std::optional<double> ms_median, ms_min, ms_max;
  int calls = 0;                         // passes measured
  double spread = 0;                     // of their times, see vit::RowTime
  std::optional<double> gflops, gbytes;  // a second, with what is fused into the row
  std::optional<double> share;           // of the measured wall time
  std::string instead_of_time;           // "in fc1", "off"; empty where there is a time, or will be one
  std::array<vit::Effect, kControlCount> effects{};

  vit::Effect effect(vit::Control control) const { return effects[static_cast<std::size_t>(control)]; }
};

struct CostView {
  vit::Convention convention = vit::Convention::mac;
  int block = -1;                                  // -1: the whole network
  std::vector<CostLine> lines{};                   // rows in the order of the pass, then the waiting among them
  std::vector<CostLine> totals{};                  // Attention module, MLP, block, model
  std::optional<double> wall_ms{}, wall_min_ms{};  // of whole passes
  int passes = 0;
  double spread = 0;  // of their wall times, see vit::RowTime
  bool noisy() const { return spread > vit::kNoisySpread; }
};

/// The table of one block or the whole network (block -1), with the times of `passes` where there are any. The passes
/// must be of the table's own settings.
CostView make_cost_view(const vit::CostTable& table, std::span<const vit::Timings> passes, int block,
                        vit::Convention convention);

}  // namespace headlight
