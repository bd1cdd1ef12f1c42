// A page: what stands in the centre of the window. The tabs, the menus View and Analysis, the keys and --tab come from
// these lists.
#pragma once

#include <imgui.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/maps/analysis.h"

namespace headlight {

struct Bench;

/// The part of the window that a page draws into, px.
struct Area {
  ImVec2 from, size;
};

/// Made when it is first seen, since it may hold OpenGL objects. Main thread only.
class Page {
 public:
  virtual ~Page() = default;
  /// What it asks of the shown pass, once a frame before it is drawn; nothing where it shows no maps. The answer comes
  /// as bench.maps, which may still be an older one.
  virtual std::optional<vit::Question> question(const Bench& bench) const = 0;
  /// Only while bench.maps has an answer for this page, if it asks something.
  virtual void draw(Bench& bench, const Area& area) = 0;
  /// In place of that, where there is no answer: `words` say why. False: the words stand alone in the middle.
  virtual bool draw_without_maps(Bench&, const Area&, const std::string&) { return false; }
};

struct PageEntry {
  const char* id;                 // "heads"
  const char* title;              // in the list of its tab and in the menu
  const char* tooltip;            // a sentence
  const char* tab;                // whose page it is
  const vit::Analysis* analysis;  // null: the page asks nothing of a pass and shows no maps
  std::unique_ptr<Page> (*make)(const vit::Analysis* analysis);
};

/// In the order of the tabs: a page for each analysis, and those that ask nothing.
const std::vector<PageEntry>& page_list();

/// A tab: the pages of one group. Where it has several, the strip above the picture chooses among them.
struct TabEntry {
  const char* id;       // "flow"
  const char* title;    // on the tab
  const char* tooltip;  // a sentence
  std::vector<const PageEntry*> pages;
};

/// From left to right; only tabs with pages.
const std::vector<TabEntry>& tab_list();

/// The tab of a page. The first one for an id that is none.
const TabEntry& tab_of(std::string_view page_id);

/// Shows the tab's page that was seen last; its next page where the tab is in front already.
void open_tab_or_next_page(Bench& bench, const TabEntry& tab);

/// The list of the pages of the shown one's tab, at the cursor: nothing where it is the only one.
void draw_page_choice(Bench& bench, float width);

/// Keeps for each tab which of its pages is in front. Once a frame.
void note_page(Bench& bench);

/// The question of an analysis as the view has it: its block, query, stage and parameters, brought within what the
/// shown pass has.
vit::Question question_of(const vit::Analysis& analysis, const Bench& bench);

}  // namespace headlight
