// The commands that change what is looked at: pages, zoom, how maps are drawn, and what else stands in the window.
#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>
#include <string>
#include <vector>

#include "app/pages/page.h"
#include "app/panels/bench.h"
#include "app/panels/map_strip.h"
#include "app/window/commands.h"

namespace headlight {

namespace {

Point mouse() {
  const ImVec2 at = ImGui::GetIO().MousePos;
  return {at.x, at.y};
}

}  // namespace

void add_look_commands(Bench& bench) {
  CommandTable& table = bench.commands;
  View& view = bench.session.view;
  int number = 0;
  for (const TabEntry& tab : tab_list()) {
    ++number;
    table.add({.id = std::string("view.tab_") + tab.id,
               .menu = "View",
               .name = tab.title,
               .keys = number <= 9 ? std::vector<Key>{{GLFW_KEY_0 + number, kControl}} : std::vector<Key>{},
               .tooltip = tab.tooltip,
               .run = [&bench, &tab] { open_tab_or_next_page(bench, tab); },
               .checked = [&view, &tab] { return &tab_of(view.page) == &tab; }});
    for (const PageEntry* page : tab.pages)
      table.add({.id = std::string("page.") + page->id,
                 .menu = "Pages",
                 .name = page->title,
                 .keys = {},
                 .tooltip = page->tooltip,
                 .run = [&view, page] { view.page = page->id; },
                 .checked = [&view, page] { return view.page == page->id; },
                 .separated = page == tab.pages.front()});
  }
  table.add({.id = "view.fit",
             .menu = "View",
             .name = "Fit the photo",
             .keys = {{GLFW_KEY_F, 0}},
             .tooltip = "Shows the whole photo.",
             .run = [&bench] { bench.camera.fit(); },
             .separated = true});
  table.add({.id = "view.actual",
             .menu = "View",
             .name = "Actual size",
             .keys = {{GLFW_KEY_1, 0}},
             .tooltip = "One screen pixel for each pixel of the photo.",
             .run = [&bench] { bench.camera.zoom_to(1, mouse()); }});
  table.add({.id = "view.zoom_in",
             .menu = "View",
             .name = "Zoom in",
             .keys = {{GLFW_KEY_EQUAL, kShift}},
             .tooltip = "Enlarges the photo about the cursor.",
             .run = [&bench] { bench.camera.zoom(1.25, mouse()); }});
  table.add({.id = "view.zoom_out",
             .menu = "View",
             .name = "Zoom out",
             .keys = {{GLFW_KEY_MINUS, 0}},
             .tooltip = "Shrinks the photo about the cursor.",
             .run = [&bench] { bench.camera.zoom(0.8, mouse()); }});
  table.add({.id = "view.smooth",
             .menu = "View",
             .name = "Smooth maps",
             .keys = {{GLFW_KEY_S, 0}},
             .tooltip = "Interpolates between patch centres.",
             .run = [&view] { view.look.smooth = !view.look.smooth; },
             .checked = [&view] { return view.look.smooth; },
             .separated = true});
  table.add({.id = "view.colormap",
             .menu = "View",
             .name = "Next colour map",
             .keys = {{GLFW_KEY_C, 0}},
             .tooltip = "Goes through viridis, magma, inferno, turbo and grey.",
             .run = [&view] { view.look.colormap = vit::next_choice(view.look.colormap); }});
  table.add({.id = "view.range",
             .menu = "View",
             .name = "Next range rule",
             .keys = {{GLFW_KEY_R, 0}},
             .tooltip = "Goes through the ranges of a block, of a map, of all maps, and the fixed one.",
             .run = [&bench, &view] {
               const int chosen = bench.maps.empty() ? 0 : bench.maps.chosen(view);
               choose_range(bench, chosen, vit::next_choice(view.look.range_rule));
             }});
  table.add({.id = "view.picture",
             .menu = "View",
             .name = "Next picture: photo, over, map",
             .keys = {{GLFW_KEY_O, 0}},
             .tooltip = "The large picture shows the photo, the map over it, or the map. Hold Space to see the photo.",
             .run = [&view] { view.look.picture = vit::next_choice(view.look.picture); }});
  table.add(
      {.id = "view.inside",
       .menu = "View",
       .name = "Inside a head",
       .keys = {{GLFW_KEY_I, 0}},
       .tooltip = "How one share of attention comes about: query · key, ÷ √d, softmax, and the sum of the values.",
       .run = [&bench] { bench.inside_open = !bench.inside_open; },
       .checked = [&bench] { return bench.inside_open; }});
  table.add({.id = "view.whole_photo",
             .menu = "View",
             .name = "Whole photo",
             .keys = {{GLFW_KEY_H, 0}},
             .tooltip = "The large picture shows all of the photo, or only the part that the network reads.",
             .run =
                 [&bench, &view] {
                   view.whole_photo = !view.whole_photo;
                   bench.camera.fit();
                 },
             .checked = [&view] { return view.whole_photo; }});
  table.add(
      {.id = "view.curtain",
       .menu = "View",
       .name = "Curtain",
       .keys = {},
       .tooltip = "Compare: both sides on one picture, parted by a curtain to be dragged, in place of side by side.",
       .run = [&view] { view.curtain = !view.curtain; },
       .enabled = [&view] { return view.page == "difference"; },
       .reason = [] { return "It is for the page Compare."; },
       .checked = [&view] { return view.curtain; }});
  table.add({.id = "view.opacity_down",
             .menu = "View",
             .name = "More photo",
             .keys = {{GLFW_KEY_COMMA, 0}},
             .tooltip = "The map covers the photo less.",
             .run = [&view] { view.look.opacity = std::max(0.f, view.look.opacity - 0.05f); }});
  table.add({.id = "view.opacity_up",
             .menu = "View",
             .name = "More map",
             .keys = {{GLFW_KEY_PERIOD, 0}},
             .tooltip = "The map covers the photo more.",
             .run = [&view] { view.look.opacity = std::min(1.f, view.look.opacity + 0.05f); }});
  table.add({.id = "view.left_column",
             .menu = "View",
             .name = "Settings",
             .keys = {{GLFW_KEY_F2, 0}},
             .tooltip = "The column at the left: model, photo, attention, view.",
             .run = [&bench] { bench.side_columns.toggle(SideColumns::Side::left); },
             .checked = [&bench] { return bench.side_columns.shown(SideColumns::Side::left); },
             .separated = true});
  table.add({.id = "view.right_column",
             .menu = "View",
             .name = "Cost and prediction",
             .keys = {{GLFW_KEY_F3, 0}},
             .tooltip = "The column at the right. In a narrow window there is room for one column only.",
             .run = [&bench] { bench.side_columns.toggle(SideColumns::Side::right); },
             .checked = [&bench] { return bench.side_columns.shown(SideColumns::Side::right); }});
  table.add({.id = "view.theme",
             .menu = "View",
             .name = "Dark theme",
             .keys = {{GLFW_KEY_T, kControl}},
             .tooltip = "Changes between the dark and the light theme.",
             .run = [&bench] { bench.preferences.dark = !bench.preferences.dark; },
             .checked = [&bench] { return bench.preferences.dark; },
             .separated = true});
}

}  // namespace headlight
