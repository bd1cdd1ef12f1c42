#include "app/cli/export_arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

#include "app/cli/common.h"

namespace headlight {
namespace {

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find(separator, start), text.size());
    parts.push_back(text.substr(start, end - start));
    start = end + 1;
  }
  return parts;
}

template <typename Number>
std::optional<Number> number(std::string_view text) {
  Number value{};
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// "5" or "5-7" appended to `out`; false for other text.
bool append_span(std::string_view text, std::vector<int>& out) {
  constexpr int kMost = 65536;
  const std::size_t dash = text.find('-');
  const auto first = number<int>(text.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : number<int>(text.substr(dash + 1));
  if (!first || !last || *first < 0 || *first > *last || *last > kMost) return false;
  for (int i = *first; i <= *last; ++i)
    if (std::find(out.begin(), out.end(), i) == out.end()) out.push_back(i);
  return true;
}

/// "discard and start", or that there are none.
std::string names_of(const vit::Analysis& analysis) {
  std::string words;
  for (const vit::Parameter& parameter : analysis.parameters)
    words += (words.empty() ? "the parameters " : ", ") + std::string(parameter.id);
  return words.empty() ? "no parameters" : words;
}

/// "mean, max or min", "a block", "0 to 0.95".
std::string range_of(const vit::Parameter& parameter) {
  std::string words;
  for (std::size_t i = 0; i < parameter.names.size(); ++i)
    words += (i == 0 ? "" : i + 1 < parameter.names.size() ? ", " : " or ") + std::string(parameter.names[i]);
  if (!words.empty()) return words;
  switch (parameter.counts) {
    case vit::Counts::blocks:
      return "a block";
    case vit::Counts::heads:
      return "a head of the block";
    case vit::Counts::classes:
      return "a class by its index, or -1 for the most probable one";
    case vit::Counts::other_blocks:
      return "a block of side B, or -1 for the one that stands for side A's";
    case vit::Counts::other_patches:
      return "a patch of the second photo, or -1 for its class token";
    case vit::Counts::numbers:
      break;
  }
  return fmt::format("{:g} to {:g}", parameter.low, parameter.high);
}

/// As far as that is known without the network.
bool is_within(const vit::Parameter& parameter, double value) {
  if (parameter.counts == vit::Counts::numbers) return value >= parameter.low && value <= parameter.high;
  return value >= parameter.low && std::isfinite(value) && value == std::floor(value);
}

std::string quoted(const std::string& text) {
  return "\"" + text + "\"";
}

}  // namespace

std::vector<int> parse_blocks(const std::string& text, int depth) {
  std::vector<int> blocks;
  if (text == "all") {
    for (int block = 0; block < depth; ++block) blocks.push_back(block);
    return blocks;
  }
  for (std::string_view part : split(text, ','))
    if (!append_span(part, blocks))
      throw UsageError("--block " + quoted(text) + " is not understood; write all, or a list as in 0,2,5-7.");
  for (int block : blocks)
    if (block >= depth)
      throw UsageError("--block " + quoted(text) + ": there is no block " + std::to_string(block) +
                       "; the network has blocks 0 to " + std::to_string(depth - 1) + ".");
  std::sort(blocks.begin(), blocks.end());
  return blocks;
}

HeadSelection parse_heads(const std::string& text) {
  if (text == "all") return {};
  if (text == "each") return {.mean = false, .max = false, .all_heads = true, .heads = {}};
  HeadSelection selection{.mean = false, .max = false, .all_heads = false, .heads = {}};
  for (std::string_view part : split(text, ',')) {
    if (part == "mean") {
      selection.mean = true;
    } else if (part == "max") {
      selection.max = true;
    } else if (!append_span(part, selection.heads)) {
      throw UsageError("--head " + quoted(text) +
                       " is not understood; write all, each, mean, max, or a list as in mean,0,2-5.");
    }
  }
  std::sort(selection.heads.begin(), selection.heads.end());
  return selection;
}

int parse_query(const std::string& text, const vit::TokenGrid& grid, const vit::ModelConfig& config) {
  if (text.empty() && !config.class_token) return grid.token_of(grid.rows / 2, grid.cols / 2);
  if (text.empty() || text == "cls") {
    if (!config.class_token) throw UsageError("The network has no class token; write --query ROW,COL for a patch.");
    return 0;
  }
  constexpr std::string_view kToken = "token:";
  if (text.rfind(kToken, 0) == 0) {
    const auto token = number<int>(std::string_view(text).substr(kToken.size()));
    if (token && *token >= 0 && *token < grid.tokens()) return *token;
    throw UsageError("--query " + quoted(text) + " is not possible; the network has tokens 0 to " +
                     std::to_string(grid.tokens() - 1) + ".");
  }
  const auto parts = split(text, ',');
  const auto row = number<int>(parts.front()), col = number<int>(parts.back());
  if (parts.size() != 2 || !row || !col)
    throw UsageError("--query " + quoted(text) + " is not understood; write cls, ROW,COL or token:N.");
  if (*row < 0 || *row >= grid.rows || *col < 0 || *col >= grid.cols)
    throw UsageError("--query " + quoted(text) + " is not possible; there are patch rows 0 to " +
                     std::to_string(grid.rows - 1) + " and columns 0 to " + std::to_string(grid.cols - 1) + ".");
  return grid.token_of(*row, *col);
}

std::map<std::string, double> parse_values(const std::vector<std::string>& texts, const vit::Analysis& analysis) {
  std::map<std::string, double> values;
  for (const std::string& text : texts) {
    const std::size_t equals = text.find('=');
    const std::string id = text.substr(0, equals);
    const vit::Parameter* parameter = analysis.parameter(id);
    if (equals == std::string::npos || parameter == nullptr)
      throw UsageError("--set " + quoted(text) + " is not understood; " + analysis.id + " has " + names_of(analysis) +
                       ".");
    const std::string_view value = std::string_view(text).substr(equals + 1);
    const auto named = std::find(parameter->names.begin(), parameter->names.end(), value);
    const auto written = number<double>(value);
    if (named != parameter->names.end())
      values[id] = static_cast<double>(named - parameter->names.begin());
    else if (written && parameter->names.empty() && is_within(*parameter, *written))
      values[id] = *written;
    else
      throw UsageError("--set " + quoted(text) + " is not understood; " + parameter->label + " is " +
                       range_of(*parameter) + ".");
  }
  return values;
}

std::vector<std::string> analysis_ids() {
  std::vector<std::string> ids;
  for (const vit::Analysis* analysis : vit::analyses()) ids.emplace_back(analysis->id);
  return ids;
}

std::string analyses_in_words() {
  std::string words = "What the maps show (default: heads).";
  for (const vit::Analysis* analysis : vit::analyses())
    words += std::string(" ") + analysis->id + ": " + analysis->sentence;
  return words;
}

std::string parameters_in_words() {
  std::string words = "A parameter of the analysis; may be given several times.";
  for (const vit::Analysis* analysis : vit::analyses())
    for (const vit::Parameter& parameter : analysis->parameters)
      words += std::string(" ") + analysis->id + ": " + parameter.id + ", " + range_of(parameter) + ".";
  return words;
}

std::set<FileKind> parse_formats(const std::string& text) {
  std::set<FileKind> kinds;
  for (std::string_view part : split(text, ',')) {
    const auto kind = vit::choice_by_id<FileKind>(part);
    if (!kind)
      throw UsageError("--format " + quoted(text) + " is not understood; write " +
                       vit::choices_in_words<FileKind>("or") + ", or several as in png,npy.");
    kinds.insert(*kind);
  }
  return kinds;
}

void parse_range(const std::string& text, ExportStyle& style) {
  const auto rule = vit::choice_by_id<vit::RangeRule>(text == "block" ? "shared" : text == "map" ? "head" : text);
  if (rule && *rule != vit::RangeRule::fixed) {
    style.look.range_rule = *rule;
    return;
  }
  const auto parts = split(text, ',');
  const auto low = number<float>(parts.front()), high = number<float>(parts.back());
  if (parts.size() != 2 || !low || !high || !std::isfinite(*low) || !std::isfinite(*high) || *low >= *high)
    throw UsageError("--range " + quoted(text) +
                     " is not understood; write block, map, all, or LOW,HIGH as in 0,0.05.");
  style.look.range_rule = vit::RangeRule::fixed;
  style.look.fixed_range = {*low, *high};
}

}  // namespace headlight
