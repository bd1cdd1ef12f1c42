// A page: what stands in the centre of the window. The tabs, the View menu, the keys and --tab come from page_list().
#pragma once

#include <imgui.h>

#include <memory>
#include <optional>
#include <string>
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
};

struct PageEntry {
  const char* id;       // "heads"
  const char* title;    // on its tab
  const char* tooltip;  // a sentence
  const vit::Analysis* analysis;
  std::unique_ptr<Page> (*make)(const vit::Analysis& analysis);
};

/// In the order of the tabs: a page for each analysis.
const std::vector<PageEntry>& page_list();

/// The question of an analysis as the view has it: its block, query, stage and parameters, brought within what the
/// shown pass has.
vit::Question question_of(const vit::Analysis& analysis, const Bench& bench);

}  // namespace headlight
