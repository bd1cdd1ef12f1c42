#include "app/panels/parameters.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "app/analysis/classes.h"
#include "app/panels/bench.h"
#include "app/ui/widgets.h"

namespace headlight {

namespace {

/// A list of the likeliest classes; -1 stands for the first of them, whichever that is.
int draw_class(Bench& bench, ui::Control control, int chosen, float width) {
  constexpr int kTop = 8;
  const vit::Trace& trace = *bench.session.trace();
  const std::vector<std::string>& labels = trace.model->labels;
  std::vector<int> classes = {-1};
  std::vector<std::string> texts = {"likeliest"};
  for (const ClassScore& score : top_classes(trace.logits, labels, kTop)) {
    classes.push_back(score.index);
    texts.push_back(score.label);
  }
  if (std::find(classes.begin(), classes.end(), chosen) == classes.end()) {
    classes.push_back(chosen);
    texts.push_back(class_name(labels, chosen));
  }
  std::vector<const char*> names;
  names.reserve(texts.size());
  for (const std::string& text : texts) names.push_back(text.c_str());
  int index = static_cast<int>(std::find(classes.begin(), classes.end(), chosen) - classes.begin());
  control.label += ":";
  ui::drop_down(bench.ui, control, index, names, width);
  return classes[static_cast<std::size_t>(index)];
}

}  // namespace

void choose_class(Bench& bench, int index) {
  std::string& page = bench.session.view.page;
  const vit::Analysis* first = nullptr;
  bool shown = false;
  for (const vit::Analysis* analysis : vit::analyses())
    for (const vit::Parameter& parameter : analysis->parameters) {
      if (parameter.counts != vit::Counts::classes) continue;
      bench.session.view.parameters[std::string(analysis->id) + "." + parameter.id] = index;
      if (first == nullptr) first = analysis;
      shown = shown || page == analysis->id;
    }
  if (first != nullptr && !shown) page = first->id;
}

std::optional<int> chosen_class(const Bench& bench) {
  const vit::Analysis* analysis = vit::analysis_by_id(bench.session.view.page);
  if (analysis == nullptr) return std::nullopt;
  for (const vit::Parameter& parameter : analysis->parameters) {
    if (parameter.counts != vit::Counts::classes) continue;
    const auto known = bench.session.view.parameters.find(std::string(analysis->id) + "." + parameter.id);
    return known == bench.session.view.parameters.end() ? -1 : static_cast<int>(known->second);
  }
  return std::nullopt;
}

namespace {

/// "8, 5": row and column of a patch of the second photo; -1 is all of the photo.
std::string place_words(int patch, const vit::Subject& subject) {
  const vit::Trace& other = *subject.other;
  if (patch < 0) return other.model->config.class_token ? "cls" : "mean";
  return fmt::format("{}, {}", patch / other.grid.cols, patch % other.grid.cols);
}

}  // namespace

void draw_parameter(Bench& bench, const vit::Analysis& analysis, const vit::Parameter& parameter, float width) {
  ui::Ui& ui = bench.ui;
  const std::string id = std::string(analysis.id) + "." + parameter.id;
  const auto known = bench.session.view.parameters.find(id);
  const vit::Trace& trace = *bench.session.trace();
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  const vit::Subject subject = bench.session.subject_of(bench.session.trace());
  const double high = vit::highest(parameter, subject, std::clamp(bench.session.view.block, 0, last));
  const double before =
      std::clamp(known == bench.session.view.parameters.end() ? parameter.initial : known->second, parameter.low, high);
  double value = before;
  ui::Control control{.id = id, .label = parameter.label, .tooltip = parameter.sentence};
  if (parameter.counts == vit::Counts::classes) {
    value = draw_class(bench, control, static_cast<int>(before), width);
  } else if (!parameter.names.empty()) {
    int index = static_cast<int>(value);
    control.label += ":";
    const auto possible = parameter.names.first(static_cast<std::size_t>(high) + 1);
    if (possible.size() < 2) {
      control.enabled = false;
      control.reason = vit::refused_beside(subject);
    }
    if (ui::drop_down(ui, control, index, possible, width)) value = index;
  } else if (parameter.counts != vit::Counts::numbers) {
    int number = static_cast<int>(value);
    control.label += parameter.counts == vit::Counts::other_patches                ? ": " + place_words(number, subject)
                     : parameter.counts == vit::Counts::other_blocks && number < 0 ? ": as A"
                                                                                   : fmt::format(" {}", number);
    control.enabled = high > 0;
    if (ui::bar(ui, control, number, static_cast<int>(parameter.low), static_cast<int>(high), width)) value = number;
  } else {
    auto number = static_cast<float>(value);
    control.label += fmt::format(" {:.2f}", value);
    if (ui::bar(ui, control, number, static_cast<float>(parameter.low), static_cast<float>(high), width))
      value = std::round(static_cast<double>(number) * 1e4) / 1e4;  // what the command line can say
  }
  if (value != before) bench.session.view.parameters[id] = value;
}

}  // namespace headlight
