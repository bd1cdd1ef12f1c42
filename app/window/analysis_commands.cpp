// The commands that change the pass that is looked at: block, head, query, head counts, precision, input, and side B.
#include <GLFW/glfw3.h>
#include <imgui.h>

#include <algorithm>
#include <optional>
#include <vector>

#include "app/panels/bench.h"
#include "app/panels/head_switch.h"
#include "app/window/commands.h"

namespace headlight {

namespace {

/// The number that stands `step` places behind `now` in an ascending list, or its last one that way.
int stepped(const std::vector<int>& numbers, int now, int step) {
  const auto here = std::lower_bound(numbers.begin(), numbers.end(), now) - numbers.begin();
  const auto last = static_cast<std::ptrdiff_t>(numbers.size()) - 1;
  return numbers[static_cast<std::size_t>(std::clamp<std::ptrdiff_t>(here + step, 0, last))];
}

void step_heads(Session& session, int step) {
  if (!session.model()) return;
  session.set_heads(stepped(vit::possible_heads(session.model()->config), session.wanted_heads(), step));
}

void step_head(Bench& bench, int step) {
  View& view = bench.session.view;
  view.head = std::clamp(view.head + step, kMeanOfHeads, std::max(bench.session.wanted_heads() - 1, kMaxOfHeads));
}

void step_input(Session& session, int step) {
  const std::vector<int>& sizes = session.input_sizes();
  if (sizes.empty()) return;
  const int now = size_of(session.preprocessing);
  const int next = stepped(sizes, now, step);
  if (next != now) session.set_input(fit_of(session.preprocessing).value_or(Fit::crop), next);
}

}  // namespace

void add_analysis_commands(Bench& bench) {
  CommandTable& table = bench.commands;
  Session& session = bench.session;
  const auto ready = [&session] { return session.model() != nullptr; };
  const auto unless_open = [&session](const char* why) {
    return [&session, why] { return session.trace() ? why : Command().reason(); };
  };
  const auto why_no_head = unless_open("Choose a single head first: the mean and the maximum are none.");
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
             .run = [&session] { step_heads(session, -1); },
             .enabled = ready,
             .separated = true});
  table.add({.id = "attention.heads_more",
             .menu = "Analysis",
             .name = "More heads",
             .keys = {{GLFW_KEY_RIGHT_BRACKET, 0}},
             .tooltip = "Cuts the same weights into more, narrower heads: the next divisor of C up.",
             .run = [&session] { step_heads(session, 1); },
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
             .reason = unless_open("This network has no class token."),
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
             .enabled = [&session] { return session.trace() && session.trace()->grid.prefix > 0; },
             .reason = unless_open("This network has no tokens before its patches.")});
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
             .reason = why_no_head,
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
             .reason = why_no_head,
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
             .reason = why_no_head,
             .checked = [&session] { return session.head_alone(session.view.block, session.view.head); }});
  table.add({.id = "attention.qkv_bias",
             .menu = "Analysis",
             .name = "qkv bias",
             .keys = {{GLFW_KEY_B, 0}},
             .tooltip = "With or without the bias of queries, keys and values.",
             .run = [&session] { session.settings.qkv_bias = !session.settings.qkv_bias; },
             .enabled = [&session] { return session.model() && session.model()->config.qkv_bias; },
             .reason = unless_open("This network has no qkv bias."),
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
             .enabled = [&session] { return session.model() && !session.as_trained(); },
             .reason = unless_open("The network runs as it was trained.")});
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
             .tooltip = "Rounds the factors of products to 8 bits of mantissa: up to twice as fast where the processor "
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
             .reason = unless_open("Neither this processor nor this kernel has such products."),
             .checked = [&session] { return session.settings.precision != vit::Precision::exact; }});
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
                      .enabled = [&session] { return session.model() && !session.native_input(); },
                      .reason = [&session]() -> std::string {
                        return session.model() ? "Crop and size are what the model says." : Command().reason();
                      }});
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
  bench.commands.add(
      {.id = "compare.swap",
       .menu = "Analysis",
       .name = "Swap sides A and B",
       .keys = {{GLFW_KEY_B, kShift}},
       .tooltip = "Side B becomes side A and the reverse, each with its network, photo and settings.",
       .run = [&bench] { bench.session.swap_sides(); },
       .enabled = [&bench] { return bench.session.can_swap_sides(); },
       .reason =
           [&bench] { return bench.session.wanted.other.on() ? "Side B is not there yet." : "There is no side B."; }});
}

}  // namespace headlight
