#include "app/session/preprocessing_facts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <utility>

#include "engine/checkpoint/model_facts.h"

namespace headlight {

namespace {

std::string resize_text(const vit::Preprocessing& p) {
  const std::string px = std::to_string(p.resize_px) + " px";
  switch (p.resize) {
    case vit::ResizeRule::shorter_side:
      return "shorter side " + px + (p.longest_px > 0 ? fmt::format(", longer side at most {} px", p.longest_px) : "");
    case vit::ResizeRule::longer_side:
      return "longer side " + px;
    case vit::ResizeRule::squash:
      return "squash to " + std::to_string(std::lround(std::min(p.width, p.height) * p.squash_scale)) + " px";
    case vit::ResizeRule::least:
      return fmt::format("by the least change to {}×{} px", p.width, p.height);
    case vit::ResizeRule::box:
      return "the whole photo as a person's box";
    case vit::ResizeRule::corner:
      return "whole, in the upper left corner";
    case vit::ResizeRule::patches:
      return fmt::format("to at most {} patches at the photo's aspect ratio", p.most_patches);
    case vit::ResizeRule::none:
      return "none";
  }
  return "?";
}

std::string input_text(const vit::Preprocessing& p) {
  if (p.crop == vit::CropRule::multiple) return "whole patches of the photo";
  return std::to_string(p.width) + "×" + std::to_string(p.height) + " px";
}

}  // namespace

std::string triple_text(const std::array<float, 3>& values) {
  return fmt::format("{:.6g} {:.6g} {:.6g}", values[0], values[1], values[2]);
}

std::vector<vit::Fact> facts_with(const vit::Model& model, const vit::Preprocessing& wanted) {
  const vit::Preprocessing& own = model.preprocessing;
  const std::pair<const char*, std::pair<std::string, std::string>> values[] = {
      {"input", {input_text(own), input_text(wanted)}},
      {"resize", {resize_text(own), resize_text(wanted)}},
      {"interpolation", {vit::choice_of(own.interpolation).name, vit::choice_of(wanted.interpolation).name}},
      {"mean", {triple_text(own.mean), triple_text(wanted.mean)}},
      {"std", {triple_text(own.std), triple_text(wanted.std)}}};
  std::vector<vit::Fact> facts = model.report.facts;
  for (vit::Fact& fact : facts)
    for (const auto& [name, value] : values)
      if (fact.name == name && value.first != value.second)
        fact = {fact.name, value.second, vit::Source::overridden,
                "chosen by the user in place of " + fact.value + ", " + vit::name_of(fact.source)};
  return facts;
}

}  // namespace headlight
