// `headlight predict`: the likeliest classes of one picture.
#include <algorithm>
#include <cstdio>
#include <memory>
#include <string>

#include <nlohmann/json.hpp>

#include "app/analysis/classes.h"
#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/files/assets.h"
#include "app/files/json_text.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"

namespace headlight {
namespace {

using Json = nlohmann::ordered_json;

struct PredictOptions {
  RunOptions run;
  int top = 5;
  vit::Extent extent;
  std::string json;
};

Json to_json(const Run& input, const vit::Trace& trace, const std::vector<ClassScore>& scores) {
  Json top = Json::array();
  for (const ClassScore& score : scores)
    top.push_back(
        {{"class", score.index}, {"label", score.label}, {"probability", score.probability}, {"logit", score.logit}});
  Json json = {{"model", input.model->report.file},
               {"image", input.photo->name},
               {"preprocessing", vit::describe(input.pixels->preprocessing)},
               {"num_heads", trace.settings.head_counts()},
               {"qkv_bias", trace.settings.qkv_bias}};
  if (trace.settings.any_off()) json["heads_off"] = trace.settings.heads_off();
  if (trace.settings.any_scaled()) json["head_factors"] = trace.settings.head_factors();
  json["top"] = top;
  return json;
}

int run_predict(const PredictOptions& options) {
  const Interrupt interrupt;
  RunOptions asked = options.run;
  if (asked.model.empty()) asked.model = default_classifier().string();
  Run input = open_run(asked, ImageNeed::required);
  if (input.model->config.classes == 0)
    throw vit::Error(input.model->report.file +
                     " has no classification head and predicts nothing; `headlight export` shows its attention.");
  input.settings.keep = vit::Keep::none;
  input.extent = options.extent;
  std::shared_ptr<const vit::Trace> trace;
  {
    vit::Pool pool(input.settings.threads);
    ProgressBar bar("forward pass");
    vit::Meter meter(interrupt.token(), [&bar](double fraction) { bar.show(fraction); });
    trace = run_pass(input, pool, meter);
  }
  if (trace->not_finite) throw vit::Error(vit::sentence_of(*trace->not_finite));
  const std::vector<ClassScore> scores = top_classes(trace->logits, input.model->labels, options.top);
  if (options.json != "-")
    for (const ClassScore& score : scores)
      std::printf("%6.2f %%  %s\n", 100.0 * score.probability, score.label.c_str());
  if (!options.json.empty()) write_output(options.json, json_text(to_json(input, *trace, scores), 2) + "\n");
  return 0;
}

}  // namespace

void add_predict_command(CLI::App& root, Action& action) {
  CLI::App* command = root.add_subcommand("predict", "The likeliest classes of a picture");
  auto options = std::make_shared<PredictOptions>();
  add_run_options(*command, options->run);
  add_extent_option(*command, options->extent, "the same prediction, sooner");
  command->add_option("--top", options->top, "How many classes (default: 5)")
      ->check(CLI::Range(1, 100000))
      ->type_name("N");
  command->add_option("--json", options->json, "Write the same as JSON (- for standard output)")->type_name("FILE");
  command->callback([&action, options] { action = [options] { return run_predict(*options); }; });
}

}  // namespace headlight
