#include "app/window/commands.h"

#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>

#include "app/pages/page.h"
#include "app/panels/bench.h"
#include "app/panels/head_switch.h"
#include "app/panels/map_strip.h"
#include "app/panels/open_files.h"
#include "app/panels/tour.h"
#include "engine/base/lower.h"
#include "engine/image/image_format.h"

namespace headlight {

namespace {

using Path = std::filesystem::path;

void open_image(Bench& bench) {
  browse_photos(bench, [&bench](const Path& path) {
    open_photo_or_view(bench, path.string());
    if (bench.picture_of_view == path) bench.browser.close();  // a view has files of its own
  });
}

void open_model(Bench& bench) {
  browse_models(bench, [&bench](const Path& path) { bench.session.open_model(path.string()); });
}

/// Drops a list down from a name in the left column, which comes back for it.
void drop_down(Bench& bench, bool& list) {
  if (!bench.side_columns.shown(SideColumns::Side::left)) bench.side_columns.toggle(SideColumns::Side::left);
  list = true;
}

Point mouse() {
  const ImVec2 at = ImGui::GetIO().MousePos;
  return {at.x, at.y};
}

void step_heads(Bench& bench, int step) {
  if (!bench.session.model()) return;
  const std::vector<int> counts = vit::possible_heads(bench.session.model()->config);
  const auto here = std::lower_bound(counts.begin(), counts.end(), bench.session.wanted_heads()) - counts.begin();
  const auto last = static_cast<std::ptrdiff_t>(counts.size()) - 1;
  bench.session.set_heads(counts[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(here + step, 0, last))]);
}

void step_head(Bench& bench, int step) {
  View& view = bench.session.view;
  view.head = std::clamp(view.head + step, kMeanOfHeads, std::max(bench.session.wanted_heads() - 1, kMaxOfHeads));
}

void add_file_commands(Bench& bench) {
  CommandTable& table = bench.commands;
  table.add({.id = "file.open_image",
             .menu = "File",
             .name = "Open photo…",
             .keys = {{GLFW_KEY_O, kControl}},
             .tooltip = "Opens a photo: " + vit::readable_formats() + ".",
             .run = [&bench] { open_image(bench); }});
  add_sequence_file_commands(bench);
  table.add({.id = "file.open_model",
             .menu = "File",
             .name = "Open model…",
             .keys = {{GLFW_KEY_M, kControl}},
             .tooltip = "Opens a checkpoint of a Vision Transformer.",
             .run = [&bench] { open_model(bench); }});
  table.add({.id = "file.photos",
             .menu = "File",
             .name = "Photos",
             .keys = {},
             .tooltip = "Lists the photos that ship with the program and those opened last.",
             .run = [&bench] { drop_down(bench, bench.dialogs.list_photos); },
             .separated = true});
  table.add({.id = "file.models",
             .menu = "File",
             .name = "Models",
             .keys = {},
             .tooltip = "Lists the networks that ship with the program and those opened last.",
             .run = [&bench] { drop_down(bench, bench.dialogs.list_models); }});
  table.add({.id = "file.get_model",
             .menu = "File",
             .name = "Get a model…",
             .keys = {{GLFW_KEY_G, kControl}},
             .tooltip = "Lists well-known models, fetches one from Hugging Face and opens it.",
             .run = [&bench] { bench.dialogs.get = !bench.dialogs.get; }});
}

void add_quit_command(Bench& bench) {
  bench.commands.add({.id = "file.quit",
                      .menu = "File",
                      .name = "Quit",
                      .keys = {{GLFW_KEY_Q, kControl}},
                      .tooltip = "Ends the program.",
                      .run = [&bench] { bench.quit = true; },
                      .separated = true});
}

void add_view_commands(Bench& bench) {
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
                 .menu = "Analysis",
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

void add_analysis_commands(Bench& bench) {
  CommandTable& table = bench.commands;
  Session& session = bench.session;
  const auto ready = [&session] { return session.model() != nullptr; };
  table.add({.id = "attention.block_down",
             .menu = "Analysis",
             .name = "Block before",
             .keys = {{GLFW_KEY_LEFT, 0}},
             .tooltip = "Shows the block before.",
             .run = [&session] { session.select_block(session.view.block - 1); },
             .enabled = ready});
  table.add({.id = "attention.block_up",
             .menu = "Analysis",
             .name = "Block after",
             .keys = {{GLFW_KEY_RIGHT, 0}},
             .tooltip = "Shows the block after.",
             .run = [&session] { session.select_block(session.view.block + 1); },
             .enabled = ready});
  table.add({.id = "attention.head_up",
             .menu = "Analysis",
             .name = "Head before",
             .keys = {{GLFW_KEY_UP, 0}},
             .tooltip = "Shows the head before; before head 0 stand the maximum and the mean.",
             .run = [&bench] { step_head(bench, -1); },
             .enabled = ready});
  table.add({.id = "attention.head_down",
             .menu = "Analysis",
             .name = "Head after",
             .keys = {{GLFW_KEY_DOWN, 0}},
             .tooltip = "Shows the head after.",
             .run = [&bench] { step_head(bench, 1); },
             .enabled = ready});
  table.add({.id = "attention.heads_fewer",
             .menu = "Analysis",
             .name = "Fewer heads",
             .keys = {{GLFW_KEY_LEFT_BRACKET, 0}},
             .tooltip = "Cuts the same weights into fewer, wider heads: the next divisor of C down.",
             .run = [&bench] { step_heads(bench, -1); },
             .enabled = ready,
             .separated = true});
  table.add({.id = "attention.heads_more",
             .menu = "Analysis",
             .name = "More heads",
             .keys = {{GLFW_KEY_RIGHT_BRACKET, 0}},
             .tooltip = "Cuts the same weights into more, narrower heads: the next divisor of C up.",
             .run = [&bench] { step_heads(bench, 1); },
             .enabled = ready});
  table.add({.id = "attention.scope",
             .menu = "Analysis",
             .name = "Head count for all blocks",
             .keys = {{GLFW_KEY_A, 0}},
             .tooltip = "On: the head count is set for all blocks. Off: for the chosen one.",
             .run = [&session] { session.heads_for_all = !session.heads_for_all; },
             .enabled = ready,
             .checked = [&session] { return session.heads_for_all; }});
  table.add({.id = "attention.query_class",
             .menu = "Analysis",
             .name = "Query: class token",
             .keys = {{GLFW_KEY_Q, 0}},
             .tooltip = "Asks what the class token looks at.",
             .run = [&session] { session.set_query(0); },
             .enabled = [&session] { return session.trace() && session.trace()->model->config.class_token; },
             .separated = true});
  table.add({.id = "attention.query_prefix",
             .menu = "Analysis",
             .name = "Query: next prefix token",
             .keys = {{GLFW_KEY_T, 0}},
             .tooltip = "Asks the tokens before the patches in turn: class, distillation, registers.",
             .run =
                 [&session] {
                   const int prefix = session.trace()->grid.prefix, next = session.view.query + 1;
                   session.set_query(next < prefix ? next : 0);
                 },
             .enabled = [&session] { return session.trace() && session.trace()->grid.prefix > 0; }});
  table.add({.id = "attention.direction",
             .menu = "Analysis",
             .name = "Looks at, looked at by, both ways",
             .keys = {{GLFW_KEY_D, 0}},
             .tooltip = "Where the query looks; who looks at the query; the product of both.",
             .run = [&session] { session.view.direction = vit::next_choice(session.view.direction); },
             .enabled = ready});
  table.add({.id = "attention.switch_head",
             .menu = "Analysis",
             .name = "Switch the head off",
             .keys = {{GLFW_KEY_DELETE, 0}},
             .tooltip = "The output of the chosen head becomes zero; again: it is back.",
             .run =
                 [&session] {
                   const View& view = session.view;
                   session.switch_head(view.block, view.head, !session.head_off(view.block, view.head));
                 },
             .enabled = [&session] { return session.model() && session.view.head >= 0; },
             .checked = [&session] { return session.head_off(session.view.block, session.view.head); }});
  table.add({.id = "attention.scale_head",
             .menu = "Analysis",
             .name = "Scale the head…",
             .keys = {{GLFW_KEY_DELETE, kControl}},
             .tooltip = "Multiplies the output of the chosen head by a factor; 0 switches it off, 1 is as trained.",
             .run =
                 [&bench] {
                   const View& view = bench.session.view;
                   ask_head_factor(bench, view.block, view.head, ImGui::GetIO().MousePos);
                 },
             .enabled = [&session] { return session.model() && session.view.head >= 0; },
             .checked =
                 [&session] {
                   const float factor = session.head_factor(session.view.block, session.view.head);
                   return factor != 0.f && factor != 1.f;
                 }});
  table.add({.id = "attention.solo_head",
             .menu = "Analysis",
             .name = "This head alone",
             .keys = {{GLFW_KEY_DELETE, kShift}},
             .tooltip = "Switches all other heads of the block off; again: on.",
             .run = [&session] { session.solo_head(session.view.block, session.view.head); },
             .enabled = [&session] { return session.model() && session.view.head >= 0; },
             .checked = [&session] { return session.head_alone(session.view.block, session.view.head); }});
  table.add({.id = "attention.qkv_bias",
             .menu = "Analysis",
             .name = "qkv bias",
             .keys = {{GLFW_KEY_B, 0}},
             .tooltip = "With or without the bias of queries, keys and values.",
             .run = [&session] { session.settings.qkv_bias = !session.settings.qkv_bias; },
             .enabled = [&session] { return session.model() && session.model()->config.qkv_bias; },
             .checked = [&session] { return session.settings.qkv_bias; }});
  table.add({.id = "attention.training",
             .menu = "Analysis",
             .name = "Training mode",
             .keys = {{GLFW_KEY_X, 0}},
             .tooltip = "Lets the two dropouts act.",
             .run = [&session] { session.set_training(!session.settings.training); },
             .enabled = ready,
             .checked = [&session] { return session.settings.training; }});
  table.add({.id = "attention.as_trained",
             .menu = "Analysis",
             .name = "As trained",
             .keys = {{GLFW_KEY_BACKSPACE, 0}},
             .tooltip = "Heads, bias and dropout back to what the network was trained with.",
             .run = [&session] { session.restore_trained_settings(); },
             .enabled = [&session] { return session.model() && !session.as_trained(); }});
  table.add({.id = "run.kernel",
             .menu = "Analysis",
             .name = "Next kernel",
             .keys = {{GLFW_KEY_K, 0}},
             .tooltip = "Changes between step by step (eager) and fused (tiled): same numbers, other times.",
             .run =
                 [&session] {
                   session.settings.kernel =
                       session.settings.kernel == vit::Kernel::eager ? vit::Kernel::tiled : vit::Kernel::eager;
                 },
             .enabled = ready,
             .separated = true});
  table.add({.id = "run.precision",
             .menu = "Analysis",
             .name = "bf16 products",
             .keys = {},
             .tooltip = "Rounds the factors of products to 8 bits of mantissa: about twice as fast where the processor "
                        "has such products. What that moved is measured beside it.",
             .run =
                 [&session] {
                   vit::Precision& precision = session.settings.precision;
                   precision = precision == vit::Precision::exact ? vit::Precision::bf16 : vit::Precision::exact;
                 },
             .enabled =
                 [&session] {
                   return session.model() && (session.settings.precision != vit::Precision::exact ||
                                              vit::has_bf16(session.settings.kernel));
                 },
             .checked = [&session] { return session.settings.precision != vit::Precision::exact; }});
}

void add_compare_commands(Bench& bench) {
  bench.commands.add({.id = "compare.pin",
                      .menu = "Analysis",
                      .name = "Pin as side B",
                      .keys = {{GLFW_KEY_EQUAL, 0}},
                      .tooltip = "All that is set now, network, photo and settings, becomes side B and stays: what is "
                                 "changed from here on is compared with it.",
                      .run =
                          [&bench] {
                            bench.session.pin_other();
                            bench.session.view.page = "difference";
                          },
                      .enabled = [&bench] { return bench.session.model() && bench.session.image(); },
                      .separated = true});
  bench.commands.add({.id = "compare.swap",
                      .menu = "Analysis",
                      .name = "Swap sides A and B",
                      .keys = {{GLFW_KEY_B, kShift}},
                      .tooltip = "Side B becomes side A and the reverse, each with its network, photo and settings.",
                      .run = [&bench] { bench.session.swap_sides(); },
                      .enabled = [&bench] { return bench.session.can_swap_sides(); }});
}

void step_input(Session& session, int step) {
  const std::vector<int>& sizes = session.input_sizes();
  if (sizes.empty()) return;
  const int now = size_of(session.preprocessing);
  const auto here = std::lower_bound(sizes.begin(), sizes.end(), now) - sizes.begin();
  const std::ptrdiff_t last = static_cast<std::ptrdiff_t>(sizes.size()) - 1;
  const int next = sizes[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(here + step, 0, last))];
  if (next != now) session.set_input(fit_of(session.preprocessing).value_or(Fit::crop), next);
}

void add_input_commands(Bench& bench) {
  Session& session = bench.session;
  const auto ready = [&session] { return session.model() && session.image(); };
  bench.commands.add({.id = "image.smaller",
                      .menu = "Analysis",
                      .name = "Smaller input",
                      .keys = {{GLFW_KEY_PAGE_DOWN, 0}},
                      .tooltip = "Gives the network a smaller picture: one patch less on a side.",
                      .run = [&session] { step_input(session, -1); },
                      .enabled = ready,
                      .separated = true});
  bench.commands.add({.id = "image.larger",
                      .menu = "Analysis",
                      .name = "Larger input",
                      .keys = {{GLFW_KEY_PAGE_UP, 0}},
                      .tooltip = "Gives the network a larger picture: one patch more on a side.",
                      .run = [&session] { step_input(session, 1); },
                      .enabled = ready});
  bench.commands.add({.id = "image.fit",
                      .menu = "Analysis",
                      .name = "Next fit of the photo",
                      .keys = {{GLFW_KEY_P, 0}},
                      .tooltip = "Goes through centre crop, squash, and the whole photo by its shorter or longer side.",
                      .run =
                          [&session] {
                            const auto possible = possible_fits(session.model()->config);
                            const std::optional<Fit> fit = fit_of(session.preprocessing);
                            const std::size_t next = fit ? (static_cast<std::size_t>(*fit) + 1) % possible.size() : 0;
                            session.set_input(possible[next].value, size_of(session.preprocessing));
                          },
                      .enabled = ready});
  bench.commands.add({.id = "image.native",
                      .menu = "Analysis",
                      .name = "Input as trained",
                      .keys = {{GLFW_KEY_N, 0}},
                      .tooltip = "Crop and size of the input back to what the model says.",
                      .run = [&session] { session.reset_input(); },
                      .enabled = [&session] { return session.model() && !session.native_input(); }});
}

void add_cost_commands(Bench& bench) {
  Session& session = bench.session;
  View& view = session.view;
  const auto ready = [&session] { return session.trace() != nullptr; };
  bench.commands.add({.id = "cost.scope",
                      .menu = "Analysis",
                      .name = "Cost of the whole network",
                      .keys = {{GLFW_KEY_M, 0}},
                      .tooltip = "On: the cost table adds up all blocks. Off: it shows the chosen one.",
                      .run = [&view] { view.cost_of_model = !view.cost_of_model; },
                      .enabled = ready,
                      .checked = [&view] { return view.cost_of_model; },
                      .separated = true});
  bench.commands.add({.id = "cost.sweep",
                      .menu = "Analysis",
                      .name = "Measure all head counts",
                      .keys = {{GLFW_KEY_W, 0}},
                      .tooltip = "Measures every possible head count; again: stops.",
                      .run = [&session] { session.toggle_sweep(); },
                      .enabled = ready});
}

void add_help_commands(Bench& bench) {
  bench.commands.add({.id = "help.keys",
                      .menu = "Help",
                      .name = "Keys",
                      .keys = {{GLFW_KEY_F1, 0}},
                      .tooltip = "Lists every command with its key.",
                      .run = [&bench] { bench.dialogs.help = !bench.dialogs.help; },
                      .checked = [&bench] { return bench.dialogs.help; }});
  bench.commands.add({.id = "help.tour",
                      .menu = "Help",
                      .name = "Walk through a pass",
                      .keys = {},
                      .tooltip = "Explains one step of the network after the other, on the photo that is open.",
                      .run = [&bench] { begin_tour(bench); },
                      .enabled = [&bench] { return bench.session.trace() != nullptr; },
                      .checked = [&bench] { return bench.tour.on(); }});
}

}  // namespace

void add_commands(Bench& bench) {
  add_file_commands(bench);
  add_view_file_commands(bench);
  add_quit_command(bench);
  add_view_commands(bench);
  add_analysis_commands(bench);
  add_input_commands(bench);
  add_compare_commands(bench);
  add_sequence_commands(bench);
  add_save_commands(bench);
  add_cost_commands(bench);
  add_help_commands(bench);
}

void open_by_content(Bench& bench, const char* path) {
  std::array<std::byte, 32> head{};
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) {
    std::ifstream stream(path, std::ios::binary);
    stream.read(reinterpret_cast<char*>(head.data()), head.size());
  }
  const std::string ending = vit::lower(std::filesystem::path(path).extension().string());
  const auto endings = vit::picture_endings();
  // A safetensors file begins with a number, which may look like any signature.
  const auto kind = ending == ".safetensors" ? std::nullopt : vit::kind_of_file(head, path);
  if (Session::opens_as_sequence(path))
    bench.session.open_sequence(path);
  else if ((kind && kind->is_picture()) || std::find(endings.begin(), endings.end(), ending) != endings.end())
    open_photo_or_view(bench, path);
  else if (!open_if_view(bench, path))
    bench.session.open_model(path);
}

}  // namespace headlight
