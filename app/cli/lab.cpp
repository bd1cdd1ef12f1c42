// `headlight lab`: the textbook's Attention module alone, measured on this machine against its formulas.
#include <cstdio>
#include <memory>
#include <optional>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/cost/lab_plots.h"
#include "app/cost/lab_text.h"
#include "app/export/plot_figure.h"
#include "engine/base/pool.h"
#include "engine/lab/lab.h"
#include "engine/lab/lab_verdicts.h"

namespace headlight {
namespace {

struct LabOptions {
  vit::LabPlan plan;
  std::optional<vit::Kernel> kernel;
  std::string json, csv, figure, axis = "heads";
};

void write_figure(const LabOptions& options, const vit::LabResult* result) {
  const auto axis = vit::choice_by_id<vit::LabAxis>(options.axis).value_or(vit::LabAxis::heads);
  const LogPlot plot = sweep_plot(vit::lab_sweep(options.plan.base, axis, result));
  const std::string measured =
      result == nullptr ? ""
                        : ", " + result->instruction_set + ", median of " + std::to_string(result->rounds) + " rounds";
  export_plot(plot, std::string("Attention module over ") + vit::choice_of(axis).name,
              vit::words_of(options.plan.base) + measured, {}, options.figure);
  std::printf("%s\n", options.figure.c_str());
}

int run_lab(LabOptions options) {
  refuse_two_on_stdout(options.json, options.csv);
  if (!options.figure.empty()) kind_of(options.figure);  // refused before anything is measured
  vit::ModuleSpec& base = options.plan.base;
  if (options.kernel) base.kernel = *options.kernel;
  if (base.threads < 1) base.threads = vit::available_processors();
  vit::validate(base);
  std::optional<vit::LabResult> result;
  if (options.plan.rounds > 0) {
    const Interrupt interrupt;
    vit::Pool pool(base.pass_threads());
    ProgressBar bar("measuring");
    result = vit::measure_lab(options.plan, pool,
                              {.stop = interrupt.token(), .progress = [&bar](double done) { bar.show(done); }});
  }
  const vit::LabResult* found = result ? &*result : nullptr;
  if (options.json != "-" && options.csv != "-") std::printf("%s", lab_text(base, found).c_str());
  if (!options.json.empty()) write_output(options.json, lab_json(base, found));
  if (!options.csv.empty()) write_output(options.csv, lab_csv(base, found));
  if (!options.figure.empty()) write_figure(options, found);
  return 0;
}

void add_module_options(CLI::App& command, LabOptions& options) {
  constexpr const char* kGroup = "Module";
  vit::ModuleSpec& base = options.plan.base;
  base.threads = 0;
  const auto size = [&](const char* name, int& value, const char* help) {
    command.add_option(name, value, help)
        ->capture_default_str()
        ->type_name("N")
        ->check(CLI::Range(1, 65536))
        ->group(kGroup);
  };
  size("-B,--batch", base.batch, "B, images at once");
  size("-N,--tokens", base.tokens, "N, tokens of an image");
  size("-C,--dim", base.channels, "C, channels of a token");
  size("--num-heads", base.heads, "Heads, a divisor of C");
  command
      .add_flag_callback(
          "--no-qkv-bias", [&base] { base.qkv_bias = false; }, "Leave the qkv bias out")
      ->group(kGroup);
  command.add_option("--attn-drop", base.attn_drop, "Dropout of attention probabilities, as in training")
      ->type_name("P")
      ->check(is_finite())
      ->check(CLI::Range(0.0, 0.999))
      ->group(kGroup);
  command.add_option("--proj-drop", base.proj_drop, "Dropout after the projection, as in training")
      ->type_name("P")
      ->check(is_finite())
      ->check(CLI::Range(0.0, 0.999))
      ->group(kGroup);
  add_choice(command, "--kernel", options.kernel,
             "How attention is computed (default: eager, step by step as its formulas are)")
      ->group(kGroup);
  command.add_option("-t,--threads", base.threads, "Threads (default: all processors)")
      ->type_name("T")
      ->check(CLI::Range(1, 1024))
      ->group(kGroup);
}

}  // namespace

void add_lab_command(CLI::App& root, Action& action) {
  CLI::App* command = root.add_subcommand(
      "lab", "The Attention module alone, measured against its formulas: sweeps, fitted exponents, verdicts");
  auto options = std::make_shared<LabOptions>();
  add_module_options(*command, *options);
  command
      ->add_option("--rounds", options->plan.rounds,
                   "Rounds, each of which measures every point once; 0: formulas alone")
      ->capture_default_str()
      ->type_name("R")
      ->check(CLI::Range(0, 10000));
  command->add_option("--seconds", options->plan.seconds, "After so long no round begins, once there are three")
      ->capture_default_str()
      ->type_name("S")
      ->check(is_finite())
      ->check(CLI::Range(0.0, 86400.0));
  command->add_option("--json", options->json, "Write all numbers as JSON (- for standard output)")->type_name("FILE");
  command->add_option("--csv", options->csv, "Write the sweeps as CSV (- for standard output)")->type_name("FILE");
  command->add_option("--figure", options->figure, "Write the plot of one sweep, as .png, .pdf or .svg")
      ->type_name("FILE");
  command->add_option("--axis", options->axis, "Which sweep --figure shows")
      ->capture_default_str()
      ->check(CLI::IsMember(vit::choice_ids<vit::LabAxis>()))
      ->type_name("NAME");
  command->callback([&action, options] { action = [options] { return run_lab(*options); }; });
}

}  // namespace headlight
