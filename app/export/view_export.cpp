#include "app/export/view_export.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <string_view>

#include "app/session/wanted_options.h"
#include "engine/base/choices.h"

namespace headlight {
namespace {

using Arguments = std::vector<std::string>;

/// The page's analysis; the grid shows the maps of the heads, and a page that nobody knows is as the first one.
const vit::Analysis& analysis_of(const View& view) {
  const vit::Analysis* analysis = view.page == "grid" ? nullptr : vit::analysis_by_id(view.page);
  return analysis == nullptr ? *vit::analysis_by_id("heads") : *analysis;
}

/// Whether what the page shows is about side B, too.
bool asks_side_b(const View& view) {
  const vit::Analysis& analysis = analysis_of(view);
  vit::Question question;
  for (const vit::Parameter& parameter : analysis.parameters) {
    const auto value = view.parameters.find(std::string(analysis.id) + "." + parameter.id);
    if (value != view.parameters.end()) question.values[parameter.id] = value->second;
  }
  return vit::asks_other(analysis, question);
}

/// Of a picture's view, what side B has of its own: what is as it would follow side A is left out, but not all of it.
void set_other(SavedView& saved, const ExportSource& source) {
  OtherSide& other = saved.wanted.other;
  const vit::Trace &a = *source.trace, &b = *source.other.trace;
  if (b.model == a.model) {
    other.model.clear();
    other.load = {};
    saved.other_model = {};
  }
  if (source.other.photo == source.photo) {
    other.image.clear();
    other.reading = {};
    saved.other_image = {};
  }
  other.preprocessing.reset();
  other.numbers.reset();
  const vit::Preprocessing& rules = b.pixels->preprocessing;
  if (!(rules == preprocessing_of(other, *b.model, *a.model, a.pixels->preprocessing))) other.preprocessing = rules;
  const vit::Numbers& numbers = b.settings;
  if (!(numbers == settings_of(other, *b.model, *a.model, a.settings)) || !other.on()) other.numbers = numbers;
}

std::string range_words(const vit::Look& look) {
  if (look.range_rule == vit::RangeRule::fixed)
    return fmt::format("{},{}", look.fixed_range.low, look.fixed_range.high);
  return vit::id_of(look.range_rule);
}

void add(Arguments& to, const std::string& option, const std::string& value) {
  if (value.empty()) return;
  to.push_back(option);
  to.push_back(value);
}

/// `dashes`: what the options' names begin with, "--" or "--other-".
void add_run(Arguments& to, const RunOptions& run, const std::string& dashes = "--") {
  const RunOptions plain;
  const auto number = [](const auto& value) { return value ? fmt::format("{}", *value) : std::string(); };
  const auto choice = [](const auto& value) { return value ? std::string(vit::id_of(*value)) : std::string(); };
  const auto rgb = [](const auto& value) { return value ? fmt::format("{}", fmt::join(*value, ",")) : std::string(); };
  const auto unless = [](const auto& value, const auto& usual) {
    return value == usual ? std::string() : fmt::format("{}", value);
  };
  add(to, dashes + "model", run.model);
  add(to, dashes + "trained-heads", number(run.load.num_heads));
  add(to, dashes + "eps", number(run.load.eps));
  add(to, dashes + "activation", choice(run.load.activation));
  add(to, dashes + "family", run.load.family.value_or(""));
  add(to, dashes + "weights", run.load.weights.value_or(""));
  if (run.load.grid) add(to, dashes + "grid", fmt::format("{}x{}", run.load.grid->first, run.load.grid->second));
  add(to, dashes + "labels", run.load.labels ? run.load.labels->string() : "");
  add(to, dashes + "image", run.image);
  if (run.reading.applies_profile) to.push_back(dashes + "icc");
  if (run.reading.levels != vit::Levels()) add(to, dashes + "levels", vit::text_of(run.reading.levels));
  add(to, dashes + "resize", run.preprocessing.resize);
  add(to, dashes + "crop", run.preprocessing.crop);
  add(to, dashes + "crop-rounding", run.preprocessing.crop_rounding);
  add(to, dashes + "interpolation", choice(run.preprocessing.interpolation));
  // With "=", because a number may begin with a minus sign.
  if (run.preprocessing.mean) to.push_back(dashes + "mean=" + rgb(run.preprocessing.mean));
  if (run.preprocessing.std) to.push_back(dashes + "std=" + rgb(run.preprocessing.std));
  add(to, dashes + "num-heads", run.num_heads);
  add(to, dashes + "heads-off", run.heads_off);
  add(to, dashes + "scale-heads", run.heads_scaled);
  if (!run.qkv_bias) to.push_back(dashes + "no-qkv-bias");
  if (run.training) to.push_back(dashes + "train");
  add(to, dashes + "attn-drop", unless(run.attn_drop, plain.attn_drop));
  add(to, dashes + "proj-drop", unless(run.proj_drop, plain.proj_drop));
  add(to, dashes + "seed", unless(run.seed, plain.seed));
  add(to, dashes + "kernel", choice(run.kernel));
  add(to, dashes + "precision", choice(run.precision));
}

}  // namespace

ExportWords words_of(const Wanted& wanted, const vit::ModelConfig* config) {
  const View& view = wanted.view;
  const vit::Analysis& analysis = analysis_of(view);
  ExportWords words{.run = options_of(wanted),
                    .other = options_of(wanted.other),
                    .block = std::to_string(view.block),
                    .head = view.head == kMeanOfHeads  ? "mean"
                            : view.head == kMaxOfHeads ? "max"
                                                       : std::to_string(view.head),
                    .query = fmt::format("token:{}", view.query),
                    .analysis = analysis.id,
                    .values = {},
                    .direction = analysis.asks_direction ? view.direction : vit::Direction::looks_at,
                    .after_dropout = view.stage == vit::Stage::after_dropout,
                    .range = range_words(view.look),
                    .colormap = vit::id_of(view.look.colormap),
                    .opacity = view.look.opacity,
                    .smooth = view.look.smooth};
  for (const vit::Parameter& parameter : analysis.parameters) {
    const auto value = view.parameters.find(std::string(analysis.id) + "." + parameter.id);
    if (value == view.parameters.end() || (config != nullptr && !vit::applies(parameter, *config))) continue;
    const auto index = static_cast<std::size_t>(value->second < 0 ? 0 : value->second);
    words.values.push_back(fmt::format(
        "{}={}", parameter.id,
        index < parameter.names.size() ? std::string(parameter.names[index]) : fmt::format("{}", value->second)));
  }
  return words;
}

std::vector<std::string> export_arguments(const Wanted& wanted, const vit::Model& model, ArgumentsFor what) {
  const ExportWords words = words_of(wanted, &model.config);
  const vit::Look usual;
  Arguments to = {"export"};
  add_run(to, options_of(wanted, model));
  if (what == ArgumentsFor::cost) return to;
  const bool own = what == ArgumentsFor::map || what == ArgumentsFor::table ||
                   (what == ArgumentsFor::heads_of_block && vit::analysis_by_id(words.analysis)->shows_heads());
  if (own) {
    if (words.analysis != "heads") add(to, "--analysis", words.analysis);
    for (const std::string& value : words.values) add(to, "--set", value);
    if (asks_side_b(wanted.view)) add_run(to, words.other, "--other-");
  }
  if (what != ArgumentsFor::every_block && what != ArgumentsFor::table) add(to, "--block", words.block);
  if (what == ArgumentsFor::map && !vit::analysis_by_id(words.analysis)->is_matrix) add(to, "--head", words.head);
  if (what == ArgumentsFor::every_block) add(to, "--head", "each");
  add(to, "--query", words.query);
  if (words.direction == vit::Direction::looked_at_by) to.emplace_back("--looked-at-by");
  if (words.direction == vit::Direction::product) to.emplace_back("--both-ways");
  if (words.after_dropout) to.emplace_back("--after-dropout");
  if (words.opacity != usual.opacity) add(to, "--opacity", fmt::format("{}", words.opacity));
  add(to, "--colormap", words.colormap);
  if (words.range != "shared") to.push_back("--range=" + words.range);
  if (words.smooth) to.emplace_back("--smooth");
  return to;
}

std::vector<std::string> export_arguments(const Wanted& wanted, const vit::Model& model, const std::string& folder) {
  Arguments to = export_arguments(wanted, model, ArgumentsFor::map);
  if (!analysis_of(wanted.view).is_matrix) to.emplace_back("--overlay");
  add(to, "--out", folder);
  return to;
}

std::string shell_line(const std::vector<std::string>& arguments) {
  constexpr std::string_view kPlain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./:,=+@%";
  std::string line = "headlight";
  for (const std::string& argument : arguments) {
    line += ' ';
    if (!argument.empty() && argument.find_first_not_of(kPlain) == std::string::npos) {
      line += argument;
      continue;
    }
    line += '\'';
    for (const char c : argument) line += c == '\'' ? "'\\''" : std::string(1, c);
    line += '\'';
  }
  return line;
}

std::string view_of(const ExportSource& source, const ExportRequest& request, int block, int head) {
  if (source.files.image.path.empty()) return "";
  SavedView saved = source.files;
  Wanted& wanted = saved.wanted;
  const vit::Trace& trace = *source.trace;
  wanted.preprocessing = trace.pixels->preprocessing;
  wanted.settings = trace.settings;
  wanted.settings.threads = 0;
  wanted.settings.keep = vit::Keep::automatic;
  wanted.view.page = request.analysis->id;
  wanted.view.block = block;
  wanted.view.head = head == vit::kNoHead ? kMeanOfHeads : head;
  wanted.view.query = request.query;
  wanted.view.direction = request.direction;
  wanted.view.stage = request.stage;
  wanted.view.look = request.style.look;
  if (wanted.view.look.range_rule != vit::RangeRule::fixed) wanted.view.look.fixed_range = vit::Look().fixed_range;
  if (asks_other(request)) {
    set_other(saved, source);
  } else {
    wanted.other = {};
    saved.other_model = saved.other_image = {};
  }
  for (const auto& [id, value] : request.values) wanted.view.parameters[wanted.view.page + "." + id] = value;
  return write_view(saved);
}

}  // namespace headlight
