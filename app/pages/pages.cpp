#include <algorithm>
#include <iterator>

#include "app/pages/ablation_page.h"
#include "app/pages/compare_page.h"
#include "app/pages/grid_page.h"
#include "app/pages/lab_page.h"
#include "app/pages/map_page.h"
#include "app/pages/matrix_page.h"
#include "app/pages/page.h"
#include "app/pages/roofline_page.h"
#include "app/pages/statistics_page.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

using Make = std::unique_ptr<Page> (*)(const vit::Analysis*);

template <class T>
std::unique_ptr<Page> make(const vit::Analysis* analysis) {
  return std::make_unique<T>(*analysis);
}

template <class T>
std::unique_ptr<Page> make_alone(const vit::Analysis*) {
  return std::make_unique<T>();
}

/// Analyses with a page of their own; all others have a MapPage.
struct OwnPage {
  std::string_view analysis;
  Make make;
};
constexpr OwnPage kOwnPages[] = {{"grid", make<GridPage>},
                                 {"statistics", make<StatisticsPage>},
                                 {"ablation", make<AblationPage>},
                                 {"matrix", make<MatrixPage>},
                                 {"difference", make<ComparePage>}};

Make maker_of(const vit::Analysis& analysis) {
  for (const OwnPage& own : kOwnPages)
    if (own.analysis == analysis.id) return own.make;
  return make<MapPage>;
}

/// The tabs, each the group of that id.
struct Tab {
  const char *id, *title, *tooltip;
};
constexpr Tab kTabs[] = {
    {"heads", "Heads", "One block's heads on the photo: where does a patch look?"},
    {"grid", "Grid", "All blocks and heads at once, and what each of them does."},
    {"matrix", "Matrix", "All queries and keys of one head."},
    {"flow", "Flow", "What comes to a token through all blocks, and what speaks for a class."},
    {"tokens", "Tokens", "What the tokens hold after each block."},
    {"compare", "Compare", "Two networks, two photos or two settings side by side, and their difference."},
    {"lab", "Cost lab", "What attention costs by its formulas, and on this machine."},
};

/// Pages that ask nothing of a pass, behind the analyses of their tab.
constexpr PageEntry kPagesAlone[] = {
    {"module", "Attention module", "The Attention module alone: what its formulas say, and what this machine takes.",
     "lab", nullptr, make_alone<LabPage>},
    {"roofline", "Roofline", "Which operators this machine’s arithmetic bounds, and which its memory.", "lab", nullptr,
     make_alone<RooflinePage>},
};

}  // namespace

const std::vector<PageEntry>& page_list() {
  static const std::vector<PageEntry> list = [] {
    std::vector<PageEntry> pages;
    pages.reserve(vit::analyses().size() + std::size(kPagesAlone));
    for (const Tab& tab : kTabs) {
      for (const vit::Analysis* analysis : vit::analyses())
        if (std::string_view(analysis->group) == tab.id)
          pages.push_back({analysis->id, analysis->name, analysis->sentence, tab.id, analysis, maker_of(*analysis)});
      for (const PageEntry& page : kPagesAlone)
        if (std::string_view(page.tab) == tab.id) pages.push_back(page);
    }
    return pages;
  }();
  return list;
}

const std::vector<TabEntry>& tab_list() {
  static const std::vector<TabEntry> list = [] {
    std::vector<TabEntry> tabs;
    for (const Tab& tab : kTabs) {
      TabEntry entry{tab.id, tab.title, tab.tooltip, {}};
      for (const PageEntry& page : page_list())
        if (std::string_view(page.tab) == tab.id) entry.pages.push_back(&page);
      if (!entry.pages.empty()) tabs.push_back(std::move(entry));
    }
    return tabs;
  }();
  return list;
}

const TabEntry& tab_of(std::string_view page_id) {
  for (const TabEntry& tab : tab_list())
    for (const PageEntry* page : tab.pages)
      if (page_id == page->id) return tab;
  return tab_list().front();
}

void open_tab_or_next_page(Bench& bench, const TabEntry& tab) {
  std::string& page = bench.session.view.page;
  const auto& trace = bench.session.trace();
  const auto answers = [&](const PageEntry* p) {
    return !trace || p->analysis == nullptr || p->analysis->refusal(*trace).empty();
  };
  const auto place_of = [&](const std::string& id) {
    return std::find_if(tab.pages.begin(), tab.pages.end(), [&](const PageEntry* p) { return p->id == id; });
  };
  const auto shown = place_of(page);
  const auto seen = bench.page_of_tab.find(tab.id);
  const auto last = seen == bench.page_of_tab.end() ? tab.pages.begin() : place_of(seen->second);
  // From the page in front the next one, else the one that was last in front; pages without an answer are passed over.
  auto next = shown != tab.pages.end() ? shown + 1 : last;
  for (std::size_t tried = 0; tried < tab.pages.size(); ++tried, ++next) {
    if (next == tab.pages.end()) next = tab.pages.begin();
    if (!answers(*next)) continue;
    page = (*next)->id;
    return;
  }
}

void draw_page_choice(Bench& bench, float width) {
  std::string& shown = bench.session.view.page;
  const std::vector<const PageEntry*>& pages = tab_of(shown).pages;
  if (pages.size() < 2) return;
  std::vector<const char*> names;
  names.reserve(pages.size());
  int chosen = 0;
  for (const PageEntry* page : pages) {
    if (page->id == shown) chosen = static_cast<int>(names.size());
    names.push_back(page->title);
  }
  const char* const sentence = pages[static_cast<std::size_t>(chosen)]->tooltip;
  if (ui::drop_down(bench.ui, {.id = "page", .label = {}, .tooltip = sentence}, chosen, names, width))
    shown = pages[static_cast<std::size_t>(chosen)]->id;
}

void note_page(Bench& bench) {
  bench.page_of_tab[tab_of(bench.session.view.page).id] = bench.session.view.page;
}

vit::Question question_of(const vit::Analysis& analysis, const Bench& bench) {
  const View& view = bench.session.view;
  const vit::Subject subject = bench.session.subject_of(bench.session.trace());
  const vit::Trace& trace = *subject.trace;
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  vit::Question question{.analysis = analysis.id,
                         .block = analysis.asks_block ? std::clamp(view.block, 0, last) : 0,
                         .query = 0,
                         .direction = analysis.asks_direction ? view.direction : vit::Direction::looks_at,
                         .stage = view.stage,
                         .values = {}};
  for (const vit::Parameter& parameter : analysis.parameters) {
    const auto chosen = view.parameters.find(std::string(analysis.id) + "." + parameter.id);
    if (chosen != view.parameters.end() && vit::applies(parameter, trace.model->config))
      question.values[parameter.id] =
          std::clamp(chosen->second, parameter.low, vit::highest(parameter, subject, question.block));
  }
  if (vit::depends_on_query(analysis, question, trace.model->config))
    question.query = std::clamp(view.query, 0, trace.grid.tokens() - 1);
  return question;
}

}  // namespace headlight
