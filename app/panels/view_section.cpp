// The run and view sections of the left column: kernel and threads, colours and range.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/left_column.h"
#include "app/ui/choose.h"
#include "app/ui/widgets.h"
#include "engine/base/pool.h"
#include "engine/kernels/bf16_kernels.h"

namespace headlight {

namespace {

/// How fast products of bf16 numbers are here, and who takes them of itself.
std::string bf16_words(const vit::Settings& settings) {
  if (settings.kernel == vit::Kernel::reference || !vit::has_bf16(settings.kernel)) return {};
  const std::string gain =
      fmt::format(" This processor takes {:.1f} such products in the time of one in F32", vit::bf16_gain());
  return gain +
         (vit::is_quicker_with_bf16(settings.kernel) ? ": drafts while you drag are made so." : ": drafts stay exact.");
}

void precision_control(Bench& bench) {
  vit::Settings& settings = bench.session.settings;
  const bool possible = vit::has_bf16(settings.kernel) || settings.precision != vit::Precision::exact;
  ui::choose(
      bench.ui,
      {.id = "run.precision",
       .label = "Precision",
       .tooltip = "Exact: products in F32. bf16: their factors rounded to 8 bits of mantissa; what that moved is "
                  "measured beside it." +
                  bf16_words(settings),
       .enabled = possible,
       .reason = "This processor has no products of bf16 numbers (AVX-512 BF16). The reference kernel rounds "
                 "likewise, slowly."},
      settings.precision);
}

void run_controls(Bench& bench) {
  Session& session = bench.session;
  ui::heading(bench.ui, "RUN");
  ui::choose(
      bench.ui,
      {.id = "run.kernel",
       .label = "Kernel",
       .tooltip = "Step by step (“eager”): each operator by itself, as the Attention module is written. Fused "
                  "(“tiled”): blocks of rows of a head at a time. Reference: naive and slow. Same numbers, other "
                  "times.",
       .key = bench.commands.keys_of("run.kernel")},
      session.settings.kernel);
  precision_control(bench);
  const int most = std::max(1, vit::available_processors());
  std::vector<std::string> numbers;
  std::vector<const char*> names;
  numbers.reserve(static_cast<std::size_t>(most));
  names.reserve(static_cast<std::size_t>(most));
  for (int t = 1; t <= most; ++t) numbers.push_back(std::to_string(t));
  for (const std::string& number : numbers) names.push_back(number.c_str());
  int threads = std::clamp(session.settings.threads, 1, most) - 1;
  if (ui::choice(bench.ui,
                 {.id = "run.threads", .label = "Threads", .tooltip = "Processors that the forward pass may use."},
                 threads, names))
    session.settings.threads = threads + 1;
  ui::gap(bench.ui, 6);
}

}  // namespace

void draw_view_section(Bench& bench) {
  vit::Look& look = bench.session.view.look;
  run_controls(bench);
  ui::heading(bench.ui, "VIEW");
  ui::choose(bench.ui,
             {.id = "view.colormap",
              .label = "Colour map",
              .tooltip = "The colours from the range's lowest to its highest value.",
              .key = bench.commands.keys_of("view.colormap")},
             look.colormap);
  ui::slider(bench.ui,
             {.id = "view.opacity",
              .label = "Opacity",
              .tooltip = "How much the map covers the photo at the upper end of its range.",
              .key = bench.commands.keys_of("view.opacity_down") + "  " + bench.commands.keys_of("view.opacity_up")},
             look.opacity, 0.f, 1.f, fmt::format("{:.2f}", look.opacity));
  ui::check(
      bench.ui,
      {.id = "view.smooth",
       .label = "Smooth",
       .tooltip = "Interpolates between patch centres. Off: one flat colour a patch, which is what the network has.",
       .key = bench.commands.keys_of("view.smooth")},
      look.smooth);
  ImGui::SameLine(0, bench.ui.px(18));
  if (ui::check(bench.ui,
                {.id = "view.whole_photo",
                 .label = "Whole photo",
                 .tooltip = "The large picture shows all of the photo, not only the part that the network reads.",
                 .key = bench.commands.keys_of("view.whole_photo")},
                bench.session.view.whole_photo))
    bench.camera.fit();
}

}  // namespace headlight
