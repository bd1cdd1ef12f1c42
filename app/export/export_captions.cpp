#include "app/export/export_captions.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "app/session/view_file.h"
#include "engine/base/utf8.h"
#include "engine/network/settings_words.h"

namespace headlight {
std::string short_number(float value) {
  return fmt::format("{:.4g}", value);
}

std::string range_text(const vit::Range& range) {
  return short_number(range.low) + "," + short_number(range.high);
}

std::optional<AskedClass> class_of(const ExportRequest& request, const vit::Trace& trace) {
  for (const vit::Parameter& parameter : request.analysis->parameters) {
    if (parameter.counts != vit::Counts::classes || !vit::applies(parameter, trace.model->config) ||
        trace.logits.empty())
      continue;
    const auto chosen = static_cast<int>(request.analysis->value({.values = request.values}, parameter.id));
    if (chosen >= 0) return AskedClass{chosen, true};
    return AskedClass{
        static_cast<int>(std::max_element(trace.logits.begin(), trace.logits.end()) - trace.logits.begin())};
  }
  return std::nullopt;
}

std::string analysis_words(const ExportRequest& request, const vit::Trace& trace) {
  const vit::ModelConfig& config = trace.model->config;
  const vit::Analysis& analysis = *request.analysis;
  std::string words = analysis.name;
  for (const vit::Parameter& parameter : analysis.parameters) {
    if (!vit::applies(parameter, config)) continue;
    const double value = analysis.value({.values = request.values}, parameter.id);
    if (parameter.counts == vit::Counts::classes) {
      if (const auto asked = class_of(request, trace))
        words += ", " + vit::class_phrase(*trace.model, asked->index) + (asked->named ? "" : ", the most probable");
      continue;
    }
    words += fmt::format(", {} ", parameter.label);
    words += parameter.names.empty() ? fmt::format("{:g}", value) : parameter.names[static_cast<std::size_t>(value)];
  }
  return words;
}

TextChunks text_chunks(const ExportSource& source, const ExportRequest& request, int block, const std::string& head,
                       const std::string& range, const std::string& view) {
  const vit::Trace& trace = *source.trace;
  const vit::ModelConfig& config = trace.model->config;
  const ExportStyle& style = request.style;
  std::string drawing = style.look.smooth ? "smooth" : "nearest";
  if (style.overlay)
    drawing += std::string(", over ") + (style.whole_photo ? "the whole photo" : "the network's part of the photo") +
               " with opacity " + short_number(style.look.opacity);
  const bool is_difference =
      request.analysis->compares && request.analysis->value({.values = request.values}, "show") == 0;
  TextChunks chunks = {{"Software", std::string("Headlight ") + HEADLIGHT_VERSION},
                       {"model", source.model},
                       {"image", source.image},
                       {"block", block < 0 ? "several" : std::to_string(block)},
                       {"head", head},
                       {"query", vit::query_name(request.query, trace.grid, config)},
                       {"direction", vit::choice_of(request.direction).name},
                       {"stage", request.stage == vit::Stage::softmax ? "softmax" : "after dropout"},
                       {"range", range},
                       {"colormap", is_difference ? "blue-red" : vit::id_of(style.look.colormap)},
                       {"drawing", drawing},
                       {"preprocessing", vit::describe(trace.pixels->preprocessing)},
                       {"settings", vit::settings_words(trace)}};
  if (source.photo && source.photo->levels) chunks.emplace_back("levels", vit::shown_levels(*source.photo));
  if (!request.analysis->is_plain) chunks.emplace_back("analysis", analysis_words(request, trace));
  if (asks_other(request)) {
    const vit::Trace& other = *source.other.trace;
    chunks.emplace_back("model of B", source.other.model);
    chunks.emplace_back("image of B", source.other.image);
    chunks.emplace_back("preprocessing of B", vit::describe(other.pixels->preprocessing));
    chunks.emplace_back("settings of B", vit::settings_words(other));
    if (const auto& photo = source.other.photo; photo && photo->levels)
      chunks.emplace_back("levels of B", vit::shown_levels(*photo));
  }
  if (!view.empty()) chunks.emplace_back(kViewChunk, view);
  return chunks;
}

std::string chunks_in_words(const TextChunks& chunks) {
  std::string words;
  for (const auto& [keyword, text] : chunks)
    if (keyword != kViewChunk && keyword != "Software")
      words.append(words.empty() ? "" : "; ").append(keyword).append(" ").append(text);
  return words;
}

std::string short_source_name(const std::string& source) {
  if (source.rfind("random:", 0) == 0) return vit::valid_utf8(source);
  std::filesystem::path path = std::filesystem::path(source).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  return vit::valid_utf8(path.filename().string());
}

}  // namespace headlight
