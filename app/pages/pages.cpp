#include <algorithm>

#include "app/pages/grid_page.h"
#include "app/pages/map_page.h"
#include "app/pages/page.h"
#include "app/panels/bench.h"

namespace headlight {

namespace {

using Make = std::unique_ptr<Page> (*)(const vit::Analysis&);

template <class T>
std::unique_ptr<Page> make(const vit::Analysis& analysis) {
  return std::make_unique<T>(analysis);
}

/// Analyses with a page of their own; all others have a MapPage.
struct OwnPage {
  std::string_view analysis;
  Make make;
};
constexpr OwnPage kOwnPages[] = {{"grid", make<GridPage>}};

Make maker_of(const vit::Analysis& analysis) {
  for (const OwnPage& own : kOwnPages)
    if (own.analysis == analysis.id) return own.make;
  return make<MapPage>;
}

}  // namespace

const std::vector<PageEntry>& page_list() {
  static const std::vector<PageEntry> list = [] {
    std::vector<PageEntry> pages;
    for (const vit::Analysis* analysis : vit::analyses())
      pages.push_back({analysis->id, analysis->name, analysis->sentence, analysis, maker_of(*analysis)});
    return pages;
  }();
  return list;
}

vit::Question question_of(const vit::Analysis& analysis, const Bench& bench) {
  const View& view = bench.session.view;
  const vit::Trace& trace = *bench.session.trace();
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  vit::Question question{.analysis = analysis.id,
                         .block = analysis.asks_block ? std::clamp(view.block, 0, last) : 0,
                         .query = std::clamp(view.query, 0, trace.grid.tokens() - 1),
                         .direction = analysis.asks_direction ? view.direction : vit::Direction::looks_at,
                         .stage = view.stage,
                         .values = {}};
  for (const vit::Parameter& parameter : analysis.parameters) {
    const auto chosen = view.parameters.find(std::string(analysis.id) + "." + parameter.id);
    const double high = parameter.is_block ? last : parameter.high;
    if (chosen != view.parameters.end())
      question.values[parameter.id] = std::clamp(chosen->second, parameter.low, high);
  }
  return question;
}

}  // namespace headlight
