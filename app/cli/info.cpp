// `headlight info`: what loading a checkpoint found, read, implied and guessed.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/files/frame_source.h"
#include "app/files/json_text.h"
#include "app/session/preprocessing_facts.h"

namespace headlight {
namespace {

using Json = nlohmann::ordered_json;

struct InfoOptions {
  RunOptions run;
  std::string json;
  bool tensors = false;
};

/// The model, and its preprocessing with the user's changes.
struct Subject {
  const vit::Model& model;
  vit::Preprocessing preprocessing;
  std::vector<vit::Fact> facts;
  std::shared_ptr<const vit::Image> image;  // or null
};

int tokens_of(const Subject& subject) {
  const vit::Model& model = subject.model;
  const vit::Preprocessing& p = subject.preprocessing;
  const int patch = model.config.patch_px;
  return model.config.prefix_tokens() + (p.height / patch) * (p.width / patch);
}

Json json_of(const vit::Image& image) {
  return {{"file", image.name},
          {"width", image.width},
          {"height", image.height},
          {"profile", image.profile},
          {"remarks", image.remarks}};
}

Json to_json(const Subject& subject) {
  const vit::Model& model = subject.model;
  const vit::ModelConfig& c = model.config;
  const vit::LoadReport& r = model.report;
  Json facts = Json::array();
  for (const vit::Fact& fact : subject.facts)
    facts.push_back(
        {{"name", fact.name}, {"value", fact.value}, {"source", vit::name_of(fact.source)}, {"reason", fact.reason}});
  Json json = {{"file", r.file},
               {"format", r.format},
               {"family", r.family},
               {"reason", r.reason},
               {"architecture", c.architecture},
               {"depth", c.depth},
               {"channels", c.channels},
               {"num_heads", c.num_heads},
               {"hidden", c.hidden},
               {"patch_px", c.patch_px},
               {"input_width", subject.preprocessing.width},
               {"input_height", subject.preprocessing.height},
               {"prefix_tokens", c.prefix_tokens()},
               {"tokens", tokens_of(subject)},
               {"classes", c.classes},
               {"qkv_bias", c.qkv_bias},
               {"eps", c.eps},
               {"parameters", r.parameters},
               {"weight_bytes", r.weight_bytes},
               {"possible_num_heads", vit::possible_heads(c)},
               {"preprocessing", vit::describe(subject.preprocessing)},
               {"mean", subject.preprocessing.mean},
               {"std", subject.preprocessing.std},
               {"labels", model.labels.size()},
               {"facts", facts},
               {"tensors", {{"used", r.used}, {"unused", r.unused}, {"missing", r.missing}}}};
  if (subject.image) json["image"] = json_of(*subject.image);
  return json;
}

void print_names(const char* title, const std::vector<std::string>& names, bool all) {
  constexpr std::size_t kShort = 6;
  std::printf("  %-14s %zu", title, names.size());
  for (std::size_t i = 0; i < names.size() && (all || i < kShort); ++i)
    std::printf("%s%s", i == 0 ? ": " : ", ", names[i].c_str());
  std::printf("%s\n", !all && names.size() > kShort ? ", …" : "");
}

void print(const Subject& subject, bool all_tensors) {
  const vit::Model& model = subject.model;
  const vit::ModelConfig& c = model.config;
  const vit::LoadReport& r = model.report;
  std::printf("%s\n", r.file.c_str());
  std::printf("  %-14s %s, %s", "family", r.family.c_str(), r.format.c_str());
  std::printf(r.reason.empty() ? "\n" : " (%s)\n", r.reason.c_str());
  if (!c.architecture.empty()) std::printf("  %-14s %s\n", "architecture", c.architecture.c_str());
  std::printf("  %-14s %d blocks × %d heads, %d channels, hidden %d, patch %d px\n", "sizes", c.depth, c.num_heads,
              c.channels, c.hidden, c.patch_px);
  std::printf("  %-14s %d×%d px: %d tokens, %d of them not patches\n", "input", subject.preprocessing.width,
              subject.preprocessing.height, tokens_of(subject), c.prefix_tokens());
  if (c.classes > 0) {
    std::printf("  %-14s %d, %s\n", "classes", c.classes, model.labels.empty() ? "without names" : "with names");
  } else {
    const bool left_out = std::any_of(r.facts.begin(), r.facts.end(), [](const vit::Fact& fact) {
      return fact.name == "head" && fact.value == "left out";
    });
    std::printf("  %-14s %s\n", "classes", left_out ? "none: its head is left out" : "none: a network without a head");
  }
  std::printf("  %-14s %s, %.1f MB packed\n", "parameters", with_separators(static_cast<double>(r.parameters)).c_str(),
              static_cast<double>(r.weight_bytes) * 1e-6);
  std::printf("  %-14s %s\n", "preprocessing", vit::describe(subject.preprocessing).c_str());
  for (const vit::Fact& fact : subject.facts)
    std::printf("  %-14s %s%s%s%s%s\n", fact.name.c_str(), fact.value.c_str(), fact.value.empty() ? "" : ", ",
                fact.value.empty() ? "" : vit::name_of(fact.source),
                fact.reason.empty() || fact.value.empty() ? "" : ": ", fact.reason.c_str());
  if (const auto& image = subject.image) {
    std::printf("  %-14s %s, %d×%d px\n", "image", image->name.c_str(), image->width, image->height);
    for (const std::string& remark : image->remarks) std::printf("  %-14s %s\n", "", remark.c_str());
  }
  print_names("tensors used", r.used, all_tensors);
  print_names("unused", r.unused, all_tensors);
  print_names("missing", r.missing, all_tensors);
}

int run_info(const InfoOptions& options) {
  const std::shared_ptr<const vit::Model> model = open_model(options.run);
  const vit::Preprocessing wanted = preprocessing_for(options.run.preprocessing, model->preprocessing);
  Subject subject{*model, wanted, facts_with(*model, wanted), nullptr};
  if (!options.run.image.empty()) {
    subject.image = std::make_shared<const vit::Image>(load_photo(options.run.image, options.run.reading));
  }
  if (options.json != "-") print(subject, options.tensors);
  if (!options.json.empty()) write_output(options.json, json_text(to_json(subject), 2) + "\n");
  return 0;
}

}  // namespace

void add_info_command(CLI::App& root, Action& action) {
  CLI::App* command =
      root.add_subcommand("info", "What a checkpoint is: family, sizes, what was read, implied, guessed");
  auto options = std::make_shared<InfoOptions>();
  add_model_options(*command, options->run);
  add_image_options(*command, options->run);
  command->add_flag("--tensors", options->tensors, "Name every tensor");
  command->add_option("--json", options->json, "Write the same as JSON (- for standard output)")->type_name("FILE");
  command->callback([&action, options] { action = [options] { return run_info(*options); }; });
}

}  // namespace headlight
