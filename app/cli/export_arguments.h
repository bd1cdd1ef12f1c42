// How `headlight export` spells blocks, heads, queries and ranges.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "app/export/export.h"

namespace headlight {

/// "all", "3", "0,2,5-7". Throws UsageError for text that cannot be read or a block that does not exist.
std::vector<int> parse_blocks(const std::string& text, int depth);

/// "all" (mean, max and every head), "each" (every head), or a list of "mean", "max", numbers and spans. Throws
/// UsageError.
HeadSelection parse_heads(const std::string& text);

/// "cls", "ROW,COL" for a patch, "token:N"; empty: the class token, or the middle patch of a network without one.
/// Throws UsageError.
int parse_query(const std::string& text, const vit::TokenGrid& grid, const vit::ModelConfig& config);

/// Parameters of an analysis from "NAME=VALUE", a value being a number or one of its names. Throws UsageError.
std::map<std::string, double> parse_values(const std::vector<std::string>& texts, const vit::Analysis& analysis);

/// For the help text: every analysis and what it shows, and the parameters that some have.
std::vector<std::string> analysis_ids();
std::string analyses_in_words();
std::string parameters_in_words();

/// "png,npy,csv". Throws UsageError.
std::set<FileKind> parse_formats(const std::string& text);

/// "shared", "head", or "LO,HI". Throws UsageError.
void parse_range(const std::string& text, ExportStyle& style);

}  // namespace headlight
