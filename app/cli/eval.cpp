// `headlight eval`: accuracy over a folder of pictures, one sub-folder a class.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "app/analysis/evaluation.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/files/assets.h"
#include "app/files/csv_text.h"
#include "app/files/json_text.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

using Json = nlohmann::ordered_json;

struct EvalOptions {
  RunOptions run;
  std::string folder;
  int limit = 0;
  vit::Extent extent;
  std::string json, csv;
};

struct Tally {
  int images = 0, right = 0, in_top5 = 0;
};

double per_cent(int part, int whole) {
  return whole > 0 ? 100.0 * part / whole : 0.0;
}

std::string label_name(const vit::Model& model, int label) {
  const auto index = static_cast<std::size_t>(label);
  return index < model.labels.size() ? model.labels[index] : "class " + std::to_string(label);
}

Json to_json(const vit::Model& model, const EvalOptions& options, const EvaluationJob& job, const Evaluation& result,
             const Tally& all, const std::vector<Tally>& classes) {
  Json rows = Json::array();
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].images > 0)
      rows.push_back({{"class", i},
                      {"label", label_name(model, static_cast<int>(i))},
                      {"images", classes[i].images},
                      {"accuracy", per_cent(classes[i].right, classes[i].images) / 100}});
  return {{"model", model.report.file},
          {"data", options.folder},
          {"preprocessing", vit::describe(job.preprocessing)},
          {"threads", result.threads},
          {"images", all.images},
          {"right", all.right},
          {"accuracy", per_cent(all.right, all.images) / 100},
          {"top5_accuracy", per_cent(all.in_top5, all.images) / 100},
          {"seconds", result.seconds},
          {"images_per_second", all.images / std::max(1e-9, result.seconds)},
          {"decode_ms", 1000 * result.decode_seconds / std::max(1, all.images)},
          {"forward_ms", 1000 * result.forward_seconds / std::max(1, all.images)},
          {"classes", rows}};
}

std::string to_csv(const std::vector<LabelledImage>& images, const Evaluation& result) {
  std::string text = "file,class,predicted,probability\n";
  for (std::size_t i = 0; i < images.size(); ++i) {
    const std::filesystem::path& file = images[i].file;
    text += fmt::format("{},{},{},{:.6f}\n", csv_text((file.parent_path().filename() / file.filename()).string()),
                        images[i].label, result.verdicts[i].predicted, result.verdicts[i].probability);
  }
  return text;
}

void print(const vit::Model& model, const Evaluation& result, const Tally& all, const std::vector<Tally>& classes) {
  std::size_t widest = 5;
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].images > 0) widest = std::max(widest, label_name(model, static_cast<int>(i)).size());
  for (std::size_t i = 0; i < classes.size(); ++i)
    if (classes[i].images > 0)
      std::printf("  %-*s %6.2f %%  of %d\n", static_cast<int>(widest), label_name(model, static_cast<int>(i)).c_str(),
                  per_cent(classes[i].right, classes[i].images), classes[i].images);
  std::printf("accuracy %.2f %% (%d of %d)", per_cent(all.right, all.images), all.right, all.images);
  if (model.config.classes > 5) std::printf(", among the first five %.2f %%", per_cent(all.in_top5, all.images));
  std::printf("\n%.0f images/s on %d %s: %.2f ms decoding, %.2f ms forward an image and thread\n",
              all.images / std::max(1e-9, result.seconds), result.threads, result.threads == 1 ? "thread" : "threads",
              1000 * result.decode_seconds / std::max(1, all.images),
              1000 * result.forward_seconds / std::max(1, all.images));
}

int run_eval(const EvalOptions& options) {
  refuse_two_on_stdout(options.json, options.csv);
  const Interrupt interrupt;
  EvaluationJob job;
  RunOptions asked = options.run;
  if (asked.model.empty()) asked.model = default_classifier().string();
  job.model = open_model(asked);
  const vit::Model& model = *job.model;
  if (model.config.classes == 0)
    throw vit::Error(model.report.file + " has no classification head, so that it has no accuracy.");
  job.reading = options.run.reading;
  job.settings = settings_for(options.run, model.config);
  job.extent = options.extent;
  job.preprocessing = preprocessing_for(options.run.preprocessing, model.preprocessing);
  const std::vector<LabelledImage> images = labelled_images(options.folder, model, options.limit);

  Evaluation result;
  {
    ProgressBar bar("evaluating");
    job.progress = [&bar](double fraction) { bar.show(fraction); };
    job.stop = interrupt.token();
    result = evaluate(job, images);
  }
  Tally all;
  std::vector<Tally> classes(static_cast<std::size_t>(model.config.classes));
  for (std::size_t i = 0; i < images.size(); ++i)
    for (Tally* tally : {&all, &classes[static_cast<std::size_t>(images[i].label)]}) {
      ++tally->images;
      tally->right += result.verdicts[i].predicted == images[i].label ? 1 : 0;
      tally->in_top5 += result.verdicts[i].in_top5 ? 1 : 0;
    }
  if (options.json != "-" && options.csv != "-") print(model, result, all, classes);
  if (!options.json.empty())
    write_output(options.json, json_text(to_json(model, options, job, result, all, classes), 2) + "\n");
  if (!options.csv.empty()) write_output(options.csv, to_csv(images, result));
  return 0;
}

}  // namespace

void add_eval_command(CLI::App& root, Action& action) {
  CLI::App* command = root.add_subcommand("eval", "Accuracy over a folder of pictures, one sub-folder a class");
  auto options = std::make_shared<EvalOptions>();
  add_model_options(*command, options->run);
  add_settings_options(*command, options->run);
  add_extent_option(*command, options->extent, "the same predictions, sooner");
  add_preprocessing_options(*command, options->run);
  command->add_option("-d,--data", options->folder, "Folder with a sub-folder of pictures a class")
      ->required()
      ->type_name("DIR");
  command->add_option("--limit", options->limit, "At most so many pictures, evenly over the classes")
      ->check(CLI::Range(1, 100'000'000))
      ->type_name("N");
  command->add_option("--json", options->json, "Write the result as JSON (- for standard output)")->type_name("FILE");
  command->add_option("--csv", options->csv, "Write what was predicted for each picture (- for standard output)")
      ->type_name("FILE");
  command->callback([&action, options] { action = [options] { return run_eval(*options); }; });
}

}  // namespace headlight
