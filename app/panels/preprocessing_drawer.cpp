#include "app/panels/preprocessing_drawer.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <optional>
#include <string>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/levels_control.h"
#include "app/ui/choose.h"
#include "app/ui/texture_id.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

constexpr std::array<const char*, 3> kChannels = {"red", "green", "blue"}, kLetters = {"R", "G", "B"};
constexpr float kLeastSide = 120, kMostSide = 380;  // points of the picture
constexpr float kControls = 510;                    // points of all that stands below it
constexpr float kLeastPatch = 5;                    // points; smaller ones get no lines

struct PixelAt {
  int x = 0, y = 0;
};

void draw_title(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float space = ui.px(8), room = ImGui::GetContentRegionAvail().x;
  const float close = ui.px(70), reset = ui::measure(ui, ui::Type::body, "As the model says").x + ui.px(20);
  ui::draw_text(ui, ui::Type::title, at, ui.theme.text, "Preprocessing");
  ImGui::SetCursorScreenPos({at.x + room - close - space - reset, at.y - ui.px(4)});
  const vit::Preprocessing& own = bench.session.model()->preprocessing;
  if (ui::button(ui,
                 {.id = "prepare.reset",
                  .label = "As the model says",
                  .tooltip = "Back to the model's own preprocessing.",
                  .enabled = !(bench.session.preprocessing == own)},
                 reset))
    bench.session.preprocessing = own;
  ImGui::SetCursorScreenPos({at.x + room - close, at.y - ui.px(4)});
  if (ui::button(ui, {.id = "prepare.close", .label = "Close", .tooltip = "Closes the drawer.", .key = "Esc"}, close))
    bench.dialogs.preprocessing = false;
}

void size_controls(Bench& bench, vit::Preprocessing& p) {
  ui::Ui& ui = bench.ui;
  const int patch = bench.session.model()->config.patch_px;
  const int most = std::max(64 * patch, std::max(p.resize_px, p.width));
  if (p.resize == vit::ResizeRule::squash) {
    const int side = std::min(p.width, p.height);
    int px = static_cast<int>(std::lround(side * p.squash_scale));
    if (ui::slider(ui,
                   {.id = "prepare.squash_px",
                    .label = "Squash to",
                    .tooltip = "Both sides before the crop; the input size leaves nothing to crop."},
                   px, side, 2 * side, fmt::format("{} px", px)))
      p.squash_scale = static_cast<double>(px) / side;
  } else if (p.resize == vit::ResizeRule::patches) {
    ui::slider(ui,
               {.id = "prepare.most_patches",
                .label = "At most",
                .tooltip = "Patches of the whole photo, at its own aspect ratio."},
               p.most_patches, 1, std::max(1024, p.most_patches), fmt::format("{} patches", p.most_patches));
  } else {
    ui::slider(ui,
               {.id = "prepare.resize_px",
                .label = "Resize to",
                .tooltip = "Pixels of the side that the rule names.",
                .enabled = p.resize == vit::ResizeRule::shorter_side || p.resize == vit::ResizeRule::longer_side},
               p.resize_px, patch, most, fmt::format("{} px", p.resize_px));
  }
  const bool to_input = p.resize == vit::ResizeRule::squash || p.resize == vit::ResizeRule::least ||
                        p.resize == vit::ResizeRule::box || p.resize == vit::ResizeRule::corner;
  if (p.crop != vit::CropRule::center && !to_input) return;
  int patches = p.width / patch;
  if (ui::slider(ui,
                 {.id = "prepare.size",
                  .label = "Input size",
                  .tooltip = "Width and height of what the network reads, in whole patches."},
                 patches, 1, most / patch, fmt::format("{} px = {} patches", p.width, p.width / patch))) {
    p.resize_px =
        std::max(1, static_cast<int>(std::lround(static_cast<double>(p.resize_px) * patches * patch / p.width)));
    p.width = p.height = patches * patch;
  }
}

/// Three sliders side by side, one a channel.
void channel_sliders(Bench& bench, const char* name, const char* word, const char* tooltip,
                     std::array<float, 3>& values, float low) {
  ui::Ui& ui = bench.ui;
  const float space = ui.px(14), width = std::floor((ImGui::GetContentRegionAvail().x - 2 * space) / 3);
  const float height = ui.fonts.size(ui::Type::body) + ui.px(26);
  for (std::size_t c = 0; c < 3; ++c) {
    if (c > 0) ImGui::SameLine(0, space);
    ImGui::BeginChild(fmt::format("{}{}", name, c).c_str(), {width, height}, false, ImGuiWindowFlags_NoScrollbar);
    ui::slider(ui,
               {.id = fmt::format("prepare.{}.{}", name, kChannels[c]),
                .label = fmt::format("{} {}", word, kLetters[c]),
                .tooltip = fmt::format("{}: {}", kChannels[c], tooltip)},
               values[c], low, 1.f, fmt::format("{:.4f}", values[c]));
    ImGui::EndChild();
  }
}

void controls(Bench& bench) {
  ui::Ui& ui = bench.ui;
  vit::Preprocessing& p = bench.session.preprocessing;
  if (bench.session.image()) choose_levels(bench, "prepare.levels");
  ui::choose(ui, {.id = "prepare.resize", .label = "Resize", .tooltip = "Which side gets the size below."}, p.resize);
  if (p.resize == vit::ResizeRule::patches && p.multiple <= 1) p.multiple = bench.session.model()->config.patch_px;
  size_controls(bench, p);
  ui::choose(ui,
             {.id = "prepare.interpolation",
              .label = "Interpolation",
              .tooltip = "The antialiased filter of the resize, as PIL has it."},
             p.interpolation);
  ui::choose(ui,
             {.id = "prepare.crop",
              .label = "Crop",
              .tooltip = "A window of the input size from the middle, or all of the picture down to whole patches."},
             p.crop);
  if (p.crop == vit::CropRule::center)
    ui::check(ui,
              {.id = "prepare.crop_rounds_down",
               .label = "Odd crop margin: the extra pixel right and below",
               .tooltip = "Where the crop cannot be exactly in the middle: on, as Hugging Face does; off, to the even "
                          "pixel, as torchvision does."},
              p.crop_rounds_down);
  channel_sliders(bench, "mean", "Mean", "is taken off the channel's values, 0 to 1.", p.mean, 0.f);
  channel_sliders(bench, "std", "Std", "divides the channel's values after the mean is taken off.", p.std, 0.01f);
}

/// The lines between patches, as far as they can be told apart.
void draw_patches(const ui::Ui& ui, ImVec2 from, ImVec2 size, int cols, int rows) {
  const float step_x = size.x / static_cast<float>(cols), step_y = size.y / static_cast<float>(rows);
  ImDrawList& list = *ImGui::GetWindowDrawList();
  list.AddRect(from, {from.x + size.x, from.y + size.y}, ui.theme.line);
  if (std::min(step_x, step_y) < ui.px(kLeastPatch)) return;
  const ImU32 color = IM_COL32(255, 255, 255, 46);
  for (int col = 1; col < cols; ++col) {
    const float x = std::floor(from.x + step_x * static_cast<float>(col));
    list.AddLine({x, from.y}, {x, from.y + size.y}, color);
  }
  for (int row = 1; row < rows; ++row) {
    const float y = std::floor(from.y + step_y * static_cast<float>(row));
    list.AddLine({from.x, y}, {from.x + size.x, y}, color);
  }
}

using Cells = std::array<std::string, 6>;

/// A row of the table of channels.
void draw_cells(const ui::Ui& ui, const Cells& cells, ImU32 rest) {
  constexpr std::array<float, 6> kRights = {0, 0.32f, 0.44f, 0.57f, 0.70f, 1};  // of the width
  const float width = ImGui::GetContentRegionAvail().x;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  ui::draw_text(ui, ui::Type::small, at, ui.theme.soft, cells[0]);
  for (std::size_t i = 1; i < cells.size(); ++i) {
    const float text = ui::measure(ui, ui::Type::small, cells[i]).x;
    ui::draw_text(ui, ui::Type::small, {at.x + width * kRights[i] - text, at.y}, rest, cells[i]);
  }
  ImGui::Dummy({width, ui.fonts.size(ui::Type::small)});
}

/// Each channel as the network reads it, and the pixel under the cursor before and after.
void draw_statistics(const ui::Ui& ui, const vit::Pixels& pixels,
                     const std::array<vit::ChannelStatistics, 3>& statistics, const std::optional<PixelAt>& at) {
  draw_cells(ui, {"", "mean", "std", "least", "most", at ? fmt::format("pixel ({}, {})", at->y, at->x) : "pixel"},
             ui.theme.soft);
  for (std::size_t c = 0; c < 3; ++c) {
    const vit::ChannelStatistics& s = statistics[c];
    std::string pixel = "–";
    if (at) {
      const std::size_t place = (c * static_cast<std::size_t>(pixels.height) + static_cast<std::size_t>(at->y)) *
                                    static_cast<std::size_t>(pixels.width) +
                                static_cast<std::size_t>(at->x);
      pixel = fmt::format("{} → {:.2f}", pixels.resized.pixel(at->x, at->y)[c], pixels.chw[place]);
    }
    draw_cells(ui,
               {kChannels[c], fmt::format("{:.2f}", s.mean), fmt::format("{:.2f}", s.std),
                fmt::format("{:.2f}", s.least), fmt::format("{:.2f}", s.most), pixel},
               ui.theme.text);
  }
}

/// The pixel under the cursor, if there is one.
std::optional<PixelAt> draw_picture(Bench& bench, const vit::Trace& trace, const gl::Picture& picture, float side) {
  ui::Ui& ui = bench.ui;
  const vit::Pixels& pixels = *trace.pixels;
  const float width = ImGui::GetContentRegionAvail().x;
  const auto w = static_cast<float>(pixels.width), h = static_cast<float>(pixels.height);
  const float scale = std::min(width / w, side / h);
  const ImVec2 at = ImGui::GetCursorScreenPos(), size{std::floor(w * scale), std::floor(h * scale)};
  const ImVec2 from{std::floor(at.x + (width - size.x) / 2), at.y};
  ImGui::GetWindowDrawList()->AddImage(ui::texture_id(picture.texture()), from, {from.x + size.x, from.y + size.y});
  draw_patches(ui, from, size, trace.grid.cols, trace.grid.rows);
  ImGui::SetCursorScreenPos(from);
  ImGui::InvisibleButton("prepare.pixels", size);
  const bool over = ImGui::IsItemHovered();
  ui::describe(ui, {.id = "prepare.pixels", .label = {}}, from, {from.x + size.x, from.y + size.y}, over,
               fmt::format("{}×{}", pixels.width, pixels.height));
  ImGui::SetCursorScreenPos({at.x, at.y + size.y + ImGui::GetStyle().ItemSpacing.y});
  if (!over) return std::nullopt;
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  return PixelAt{std::clamp(static_cast<int>((mouse.x - from.x) / scale), 0, pixels.width - 1),
                 std::clamp(static_cast<int>((mouse.y - from.y) / scale), 0, pixels.height - 1)};
}

}  // namespace

void PreprocessingDrawer::update(const std::shared_ptr<const vit::Pixels>& pixels) {
  if (pixels_ == pixels && made_for_ == shown_) return;
  if (pixels_ != pixels)
    for (std::size_t c = 0; c < 3; ++c) statistics_[c] = vit::channel_statistics(*pixels, static_cast<int>(c));
  pixels_ = pixels;
  made_for_ = shown_;
  picture_ =
      gl::Picture(shown_ == 0 ? pixels->resized : vit::channel_picture(*pixels, shown_ - 1), gl::Sampling::pixels);
}

void PreprocessingDrawer::draw_pixels(Bench& bench) {
  const ui::Ui& ui = bench.ui;
  const std::shared_ptr<const vit::Trace> trace = bench.session.trace();
  const std::string size = trace ? fmt::format("{}×{} px · {}×{} patches", trace->pixels->width, trace->pixels->height,
                                               trace->grid.cols, trace->grid.rows)
                                 : std::string();
  ui::heading(ui, "AS THE NETWORK READS IT", size);
  if (!trace || trace->pixels->resized.rgb.empty()) {
    ui::text(ui, ui::Type::body, ui.theme.soft, trace ? "Another program prepared these pixels." : "Nothing yet.");
    return;
  }
  update(trace->pixels);
  const float room = ImGui::GetWindowSize().y - ui.px(kControls);
  const float side = std::clamp(room, ui.px(kLeastSide), ui.px(kMostSide));
  const std::optional<PixelAt> at = draw_picture(bench, *trace, picture_, side);
  static constexpr std::array<const char*, 4> kNames = {"colours", "red", "green", "blue"};
  static constexpr std::array<const char*, 4> kTooltips = {
      "The 8-bit pixels after resize and crop.", "The red channel after mean and deviation: black at its least value.",
      "The green channel after mean and deviation: black at its least value.",
      "The blue channel after mean and deviation: black at its least value."};
  ui::segments(bench.ui, {.id = "prepare.show", .label = {}}, shown_, kNames, kTooltips);
  draw_statistics(ui, *trace->pixels, statistics_, at);
}

void PreprocessingDrawer::draw(Bench& bench, ImVec2 from, ImVec2 size) {
  if (!bench.session.model()) bench.dialogs.preprocessing = false;
  if (!bench.dialogs.preprocessing) {
    pixels_.reset();
    made_for_ = -1;
    return;
  }
  const ui::Ui& ui = bench.ui;
  ImGui::SetNextWindowPos(from);
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(ui.px(18), ui.px(14)));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0.f);
  ImGui::PushStyleColor(ImGuiCol_WindowBg, ui.theme.panel);
  ImGui::Begin("prepare", nullptr,
               ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
                   ImGuiWindowFlags_NoFocusOnAppearing);
  ImGui::PopStyleColor();
  ImGui::PopStyleVar(2);
  ImGui::GetWindowDrawList()->AddLine(from, {from.x, from.y + size.y}, ui.theme.line);
  if (ImGui::IsWindowFocused(ImGuiFocusedFlags_RootAndChildWindows)) bench.dialogs.front = &bench.dialogs.preprocessing;
  draw_title(bench);
  ui::gap(ui, 4);
  ImGui::BeginChild("content", {0, 0}, false);
  draw_pixels(bench);
  ui::gap(ui, 4);
  ui::heading(ui, "HOW IT IS MADE");
  controls(bench);
  ImGui::EndChild();
  ImGui::End();
}

}  // namespace headlight
