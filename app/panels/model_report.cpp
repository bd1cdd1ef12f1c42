// The load report: what was read, implied, guessed and overridden of the model, editable where the program may be
// wrong.
#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include <fmt/core.h>

#include "app/panels/bench.h"
#include "app/panels/dialog_frame.h"
#include "app/panels/dialogs.h"
#include "app/session/preprocessing_facts.h"
#include "app/ui/widgets.h"
#include "app/words/quantity.h"
#include "engine/checkpoint/load_model.h"
#include "engine/checkpoint/model_facts.h"

namespace headlight {

namespace {

constexpr float kValueX = 128, kSourceX = 348, kReasonX = 434, kResetWidth = 58;  // points

/// A drop-down of values, with the present one added if it is not among them. The value that was chosen just now, or
/// null.
template <typename Value, typename Text>
const Value* choose(Bench& bench, const char* id, const char* tooltip, std::vector<Value>& values, const Value& present,
                    const Text& text) {
  if (std::find(values.begin(), values.end(), present) == values.end()) values.push_back(present);
  std::vector<std::string> words;
  words.reserve(values.size());
  for (const Value& value : values) words.push_back(text(value));
  std::vector<const char*> names;
  names.reserve(words.size());
  for (const std::string& word : words) names.push_back(word.c_str());
  int index = static_cast<int>(std::find(values.begin(), values.end(), present) - values.begin());
  const float width = ui::measure(bench.ui, ui::Type::body, names[static_cast<std::size_t>(index)]).x + bench.ui.px(30);
  const bool changed = ui::choice(bench.ui, {.id = id, .label = "", .tooltip = tooltip}, index, names, width);
  return changed ? &values[static_cast<std::size_t>(index)] : nullptr;
}

void edit_heads(Bench& bench) {
  Session& session = bench.session;
  const vit::ModelConfig& config = session.model()->config;
  std::vector<int> counts = vit::divisors(config.channels);
  const int* chosen = choose(bench, "report.heads", "Heads that the network was trained with: --trained-heads.", counts,
                             config.num_heads, [](int heads) { return std::to_string(heads); });
  if (chosen == nullptr) return;
  vit::LoadOptions options = session.load_options();
  options.num_heads = *chosen;
  session.override_model(options);
}

void edit_eps(Bench& bench) {
  Session& session = bench.session;
  std::vector<float> values = {1e-12f, 1e-8f, 1e-6f, 1e-5f, 1e-3f};
  const float* chosen = choose(bench, "report.eps", "Epsilon of every LayerNorm: --eps.", values,
                               session.model()->config.eps, [](float eps) { return fmt::format("{:g}", eps); });
  if (chosen == nullptr) return;
  vit::LoadOptions options = session.load_options();
  options.eps = *chosen;
  session.override_model(options);
}

void edit_activation(Bench& bench) {
  Session& session = bench.session;
  std::vector<vit::Activation> values = vit::choice_values<vit::Activation>();
  const vit::Activation* chosen =
      choose(bench, "report.activation", "Between fc1 and fc2: --activation.", values,
             session.model()->config.activation, [](vit::Activation a) { return vit::choice_of(a).name; });
  if (chosen == nullptr) return;
  vit::LoadOptions options = session.load_options();
  options.activation = *chosen;
  session.override_model(options);
}

using Rgb = std::array<float, 3>;

void edit_rgb(Bench& bench, const char* id, const char* tooltip, Rgb& rgb, const std::array<Rgb, 3>& known) {
  constexpr std::array<const char*, 3> kNames = {"", "  ImageNet", "  CLIP"};
  std::vector<Rgb> values(known.begin(), known.end());
  const Rgb* chosen = choose(bench, id, tooltip, values, rgb, [&](const Rgb& value) {
    const auto at = static_cast<std::size_t>(std::find(known.begin(), known.end(), value) - known.begin());
    return triple_text(value) + (at < kNames.size() ? kNames[at] : "");
  });
  if (chosen != nullptr) rgb = *chosen;
}

void edit_interpolation(Bench& bench) {
  vit::Interpolation& wanted = bench.session.preprocessing.interpolation;
  std::vector<vit::Interpolation> values = vit::choice_values<vit::Interpolation>();
  const vit::Interpolation* chosen =
      choose(bench, "report.interpolation", "Filter of the resize: --interpolation.", values, wanted,
             [](vit::Interpolation i) { return vit::choice_of(i).name; });
  if (chosen != nullptr) wanted = *chosen;
}

/// Draws the value as a control if the fact can be set here.
bool edit(Bench& bench, const std::string& name) {
  constexpr std::array<Rgb, 3> kMeans = {
      {{0.5f, 0.5f, 0.5f}, {0.485f, 0.456f, 0.406f}, {0.48145466f, 0.4578275f, 0.40821073f}}};
  constexpr std::array<Rgb, 3> kStds = {
      {{0.5f, 0.5f, 0.5f}, {0.229f, 0.224f, 0.225f}, {0.26862954f, 0.26130258f, 0.27577711f}}};
  vit::Preprocessing& p = bench.session.preprocessing;
  if (name == "heads") {
    edit_heads(bench);
  } else if (name == "eps") {
    edit_eps(bench);
  } else if (name == "activation" && !bench.session.model()->config.swiglu) {
    edit_activation(bench);
  } else if (name == "interpolation") {
    edit_interpolation(bench);
  } else if (name == "mean") {
    edit_rgb(bench, "report.mean", "Is taken off the channels: --mean. Other numbers: Preprocessing….", p.mean, kMeans);
  } else if (name == "std") {
    edit_rgb(bench, "report.std", "Divides the channels after that: --std. Other numbers: Preprocessing….", p.std,
             kStds);
  } else {
    return false;
  }
  return true;
}

/// Takes one override back.
void reset(Bench& bench, const std::string& name) {
  Session& session = bench.session;
  vit::LoadOptions options = session.load_options();
  vit::Preprocessing& p = session.preprocessing;
  const vit::Preprocessing& own = session.model()->preprocessing;
  if (name == "heads") options.num_heads.reset();
  if (name == "eps") options.eps.reset();
  if (name == "activation") options.activation.reset();
  if (name == "interpolation") p.interpolation = own.interpolation;
  if (name == "mean") p.mean = own.mean;
  if (name == "std") p.std = own.std;
  if (name == "input" || name == "resize") session.reset_input();
  if (!(options == session.load_options())) session.override_model(options);
}

bool is_set_here(const std::string& name) {
  constexpr std::array<const char*, 8> kNames = {"heads", "eps", "activation", "interpolation",
                                                 "mean",  "std", "input",      "resize"};
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

void draw_fact(Bench& bench, const vit::Fact& fact, float width) {
  ui::Ui& ui = bench.ui;
  const ImVec2 at = ImGui::GetCursorScreenPos();
  const float text_y = at.y + ui.px(4);
  const bool sure = fact.source == vit::Source::read || fact.source == vit::Source::implied;
  const bool resettable = fact.source == vit::Source::overridden && is_set_here(fact.name);
  const auto column = [&](float x, ImU32 color, std::string_view text, float room) {
    ui::draw_text(ui, ui::Type::body, {at.x + x, text_y}, color, ui::shortened(ui, ui::Type::body, text, room));
  };
  const float reason_room = std::max(1.f, width - ui.px(kReasonX) - (resettable ? ui.px(kResetWidth + 8) : 0));
  const float reason = ui::measure(ui, ui::Type::body, fact.reason, reason_room).y;
  const float height = std::max(ui.fonts.size(ui::Type::body), reason) + ui.px(11);
  column(0, ui.theme.soft, fact.name, ui.px(kValueX - 16));
  ImGui::SetCursorScreenPos({at.x + ui.px(kValueX - 9), at.y});
  if (!edit(bench, fact.name)) column(ui.px(kValueX), ui.theme.text, fact.value, ui.px(kSourceX - kValueX - 8));
  column(ui.px(kSourceX), sure ? ui.theme.soft : ui.theme.accent, vit::name_of(fact.source),
         ui.px(kReasonX - kSourceX - 4));
  const ImVec2 reason_from{at.x + ui.px(kReasonX), at.y};
  ui::draw_text(ui, ui::Type::body, {reason_from.x, text_y}, ui.theme.soft, fact.reason, reason_room);
  ui::describe(ui, {.id = "report.reason." + fact.name, .label = {}}, reason_from,
               {reason_from.x + reason_room, at.y + height}, false, fact.value);
  if (resettable) {
    ImGui::SetCursorScreenPos({at.x + width - ui.px(kResetWidth), at.y});
    if (ui::button(ui,
                   {.id = "report." + fact.name + ".reset", .label = "Reset", .tooltip = "Back to what the file says."},
                   ui.px(kResetWidth)))
      reset(bench, fact.name);
  }
  ImGui::SetCursorScreenPos(at);
  ImGui::Dummy({1, height - ImGui::GetStyle().ItemSpacing.y + ui.px(3)});
}

}  // namespace

void draw_model_report(Bench& bench) {
  if (!bench.session.model()) bench.dialogs.report = false;
  if (!begin_dialog(bench, "report", "What the program knows of this model", {840, 640}, bench.dialogs.report)) return;
  ui::Ui& ui = bench.ui;
  const vit::Model& model = *bench.session.model();
  const float width = ImGui::GetContentRegionAvail().x;
  ui.announce(model.report.file);
  ui::label_value(ui, "File", model.report.file);
  ui::label_value(ui, "Format", model.report.format);
  ui::label_value(ui, "Family", model.report.family + (model.report.reason.empty() ? "" : ", " + model.report.reason));
  ui::label_value(ui, "Parameters",
                  fmt::format("{:.2f} million, {} as packed", static_cast<double>(model.report.parameters) / 1e6,
                              bytes_text(static_cast<double>(model.report.weight_bytes))));
  ui::label_value(ui, "Tensors",
                  fmt::format("{} used, {} unused, {} missing", model.report.used.size(), model.report.unused.size(),
                              model.report.missing.size()));
  ui::gap(ui, 6);
  ui::heading(ui, "FACTS", "values in boxes can be set; the pass runs again at once");
  for (const vit::Fact& fact : facts_with(model, bench.session.preprocessing)) draw_fact(bench, fact, width);
  for (const auto& [title, names] :
       {std::pair{"UNUSED TENSORS", &model.report.unused}, {"MISSING TENSORS", &model.report.missing}}) {
    if (names->empty()) continue;
    ui::gap(ui, 6);
    ui::heading(ui, title);
    for (const std::string& name : *names) ui::text(ui, ui::Type::small, ui.theme.soft, name);
  }
  end_dialog();
}

}  // namespace headlight
