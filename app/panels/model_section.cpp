// The model and image sections of the left column.
#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/heads_line.h"
#include "app/panels/left_column.h"
#include "app/panels/levels_control.h"
#include "app/panels/open_files.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/checkpoint/load_model.h"

namespace headlight {

namespace {

/// How the photo fits the network, and at what size.
void input_controls(Bench& bench) {
  Session& session = bench.session;
  const vit::Model& model = *session.model();
  const std::vector<int>& sizes = session.input_sizes();
  const std::optional<Fit> fit = fit_of(session.preprocessing);
  const Fit named = fit.value_or(Fit::crop);
  const int size = size_of(session.preprocessing), patch = model.config.patch_px;
  const bool resampled = model.config.position.resampled;
  const std::string same = "On the command line: " + command_line(options_for(named, size, model.preprocessing, patch));

  const auto possible = possible_fits(model.config);
  std::vector<const char*> fits;
  for (const vit::Choice<Fit>& each : possible) fits.push_back(each.name);
  if (!fit) fits.push_back("custom");
  int chosen = fit ? static_cast<int>(*fit) : static_cast<int>(fits.size()) - 1;
  if (ui::choice(
          bench.ui,
          {.id = "image.fit",
           .label = "Fit",
           .tooltip = "What of the photo the network reads. Centre crop: its middle. Squash: all of it, distorted "
                      "to the network's shape. Whole: all of it in its own shape, with that side at the size "
                      "below. " +
                      same,
           .key = bench.commands.keys_of("image.fit")},
          chosen, fits) &&
      chosen < static_cast<int>(possible.size()))
    session.set_input(possible[static_cast<std::size_t>(chosen)].value, size);

  const vit::InputSize px =
      vit::input_size(session.image()->width, session.image()->height, session.preprocessing, patch);
  const std::string shown = fmt::format("{}×{} px · {}×{}", px.width, px.height, px.width / patch, px.height / patch);
  const auto nearest = [&](int wanted) {
    const auto at = std::lower_bound(sizes.begin(), sizes.end(), wanted);
    return static_cast<int>(std::min(at, sizes.end() - 1) - sizes.begin());
  };
  const int own = size_of(model.preprocessing);
  std::vector<ui::Tick> ticks;
  if (sizes[static_cast<std::size_t>(nearest(own))] == own) ticks.push_back({nearest(own), "trained", true});
  int step = nearest(size);
  if (ui::stepper(bench.ui,
                  {.id = "image.size",
                   .label = "Input",
                   .tooltip = "Pixels that the network reads, in whole patches; the positions are resampled. The size "
                              "it was trained at is amber. " +
                              same,
                   .key = bench.commands.keys_of("image.smaller") + "  " + bench.commands.keys_of("image.larger"),
                   .enabled = sizes.size() > 1,
                   .reason = resampled ? "" : "This family runs at its own size only."},
                  sizes, step, shown, ticks))
    session.set_input(named, sizes[static_cast<std::size_t>(step)]);
}

/// A button of a row as wide as the column, in the share of its words.
struct RowButton {
  ui::Control control;
  std::function<void()> press;
};

void button_row(Bench& bench, const std::vector<RowButton>& buttons) {
  float words = 0;  // px, of all labels
  for (const RowButton& each : buttons) words += ui::measure(bench.ui, ui::Type::body, each.control.label).x;
  const float spaces = ImGui::GetStyle().ItemSpacing.x * static_cast<float>(buttons.size() - 1);
  const float margin = (ImGui::GetContentRegionAvail().x - spaces - words) / static_cast<float>(buttons.size());
  for (std::size_t i = 0; i < buttons.size(); ++i) {
    if (i > 0) ImGui::SameLine();
    const float width = ui::measure(bench.ui, ui::Type::body, buttons[i].control.label).x + std::floor(margin);
    if (ui::button(bench.ui, buttons[i].control, width)) buttons[i].press();
  }
}

/// On one line; the whole of it under the pointer.
void draw_remark(ui::Ui& ui, const std::string& line, const std::string& whole) {
  ui.announce(whole);
  ui::text(ui, ui::Type::small, ui.theme.accent,
           ui::shortened(ui, ui::Type::small, line, ImGui::GetContentRegionAvail().x));
  if (ImGui::IsItemHovered()) ui::hint(ui, whole);
}

/// What was guessed of the network beside its heads, which have a line of their own, and its copy, which has a list.
void draw_doubts(ui::Ui& ui, const vit::LoadReport& report) {
  std::string guesses, whole;
  int warnings = 0;
  for (const vit::Fact& doubt : vit::doubts_of(report)) {
    if (doubt.name == "heads" || doubt.name == "weights") continue;
    if (doubt.name == "warning")
      ++warnings;
    else
      guesses += (guesses.empty() ? "guessed: " : ", ") + doubt.name;
    whole += (whole.empty() ? "" : "\n") + vit::doubt_text(doubt);
  }
  if (warnings > 0)
    guesses += (guesses.empty() ? "" : " · ") + fmt::format("{} warning{}", warnings, warnings == 1 ? "" : "s");
  if (!whole.empty()) draw_remark(ui, guesses, whole);
}

/// What the pixels do not show of the file; and whether a profile that is not sRGB is applied.
void draw_remarks(Bench& bench, const vit::Image& image) {
  ui::Ui& ui = bench.ui;
  for (const std::string& remark : image.remarks) draw_remark(ui, remark, remark);
  if (image.profile.empty()) return;
  vit::ImageReading reading = bench.session.reading();
  if (ui::check(ui,
                {.id = "image.icc",
                 .label = "Apply its colour profile",
                 .tooltip = "Converts the photo's colours from \"" + image.profile +
                            "\" to sRGB. The pipelines that networks are trained and tested with do not."},
                reading.applies_profile))
    bench.session.read_photo(reading);
}

/// Which of several copies of the network in the file is open: student, teacher, an average.
void choose_weights(Bench& bench) {
  const vit::LoadReport& report = bench.session.model()->report;
  if (report.copies.size() < 2) return;
  std::vector<std::string> names;
  std::vector<const char*> shown;
  names.reserve(report.copies.size());
  shown.reserve(report.copies.size());
  for (const std::string& copy : report.copies)
    names.push_back(copy == "." ? "without a prefix" : copy.substr(0, copy.size() - 1));
  for (const std::string& name : names) shown.push_back(name.c_str());
  const auto found = std::find(report.copies.begin(), report.copies.end(), report.copy);
  int chosen = static_cast<int>(found - report.copies.begin());
  if (!ui::choice(bench.ui,
                  {.id = "model.weights",
                   .label = "Weights",
                   .tooltip = "The file holds several copies of the network; this is the one that is open. On the "
                              "command line: --weights " +
                              report.copy},
                  chosen, shown))
    return;
  vit::LoadOptions options = bench.session.load_options();
  options.weights = report.copies[static_cast<std::size_t>(chosen)];
  bench.session.override_model(options);
}

}  // namespace

void draw_model_section(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const auto& model = bench.session.model();
  ui::heading(ui, "MODEL", model ? model->config.family : "");
  if (model) {
    const vit::ModelConfig& c = model->config;
    draw_model_name(bench, source_title(bench.session.model_source()));
    draw_heads_line(bench);
    const int prefix = c.prefix_tokens();
    const std::string tokens = prefix == 0                    ? ""
                               : prefix == 1 && c.class_token ? " + class"
                                                              : " + " + std::to_string(prefix);
    ui::text(ui, ui::Type::body, ui.theme.soft,
             fmt::format("patch {} · {}×{}{} · {}", c.patch_px, c.grid_height, c.grid_width, tokens,
                         count_text(static_cast<double>(model->report.parameters))));
    draw_doubts(ui, model->report);
    choose_weights(bench);
  } else {
    const bool loading = bench.session.status().doing == WorkerStatus::Doing::loading_model;
    draw_model_name(bench, loading ? "Loading…" : "No model is open");
  }
  button_row(bench, {{{.id = "model.open",
                       .label = "Open…",
                       .tooltip = "Opens a checkpoint: safetensors and other formats, or a folder.",
                       .key = bench.commands.keys_of("file.open_model")},
                      bench.commands.get("file.open_model").run},
                     {{.id = "model.report",
                       .label = "Details…",
                       .tooltip = "What was read from the checkpoint, what follows from it, and what was guessed.",
                       .enabled = model != nullptr},
                      [&bench] { bench.dialogs.report = !bench.dialogs.report; }}});
  ui::gap(ui, 6);
}

void draw_image_section(Bench& bench) {
  ui::Ui& ui = bench.ui;
  const auto& image = bench.session.image();
  std::string line;
  const auto& trace = bench.session.trace();
  if (image && trace && bench.session.photo() == image)
    line = fmt::format("{:.0f}×{:.0f} of {}×{}", trace->pixels->box.width, trace->pixels->box.height, image->width,
                       image->height);
  else if (image)
    line = fmt::format("{}×{}", image->width, image->height);
  ui::heading(ui, "PHOTO", line);
  if (image) {
    draw_photo_name(bench, source_title(bench.session.image_source()));
    draw_remarks(bench, *image);
    draw_levels(bench);
    if (bench.session.model()) input_controls(bench);
  } else {
    const bool loading = bench.session.status().doing == WorkerStatus::Doing::loading_image;
    draw_photo_name(bench, loading ? "Loading…" : "No photo is open");
  }
  std::vector<RowButton> buttons = {
      {{.id = "image.open",
        .label = "Open…",
        .tooltip = "Opens a photo. You can also drop a file on the window.",
        .key = bench.commands.keys_of("file.open_image")},
       bench.commands.get("file.open_image").run},
      {{.id = "image.preprocess",
        .label = "Preprocessing…",
        .tooltip = "How the photo becomes the network's input: resize, crop, mean and standard deviation.",
        .enabled = bench.session.model() != nullptr},
       [&bench] { bench.dialogs.preprocessing = !bench.dialogs.preprocessing; }}};
  if (!bench.session.native_input()) {
    const Command& command = bench.commands.get("image.native");
    buttons.push_back({{.id = "image.native",
                        .label = "Reset",
                        .tooltip = command.tooltip,
                        .key = bench.commands.keys_of("image.native")},
                       command.run});
  }
  button_row(bench, buttons);
  ui::gap(ui, 6);
}

}  // namespace headlight
