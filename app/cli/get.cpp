// `headlight get`: fetches a well-known larger model for those who have a network.
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>

#include "app/cli/commands.h"
#include "app/cli/common.h"
#include "app/cli/interrupt.h"
#include "app/cli/progress.h"
#include "app/hub/model_hub.h"
#include "app/words/quantity.h"

namespace headlight {
namespace {

struct GetOptions {
  std::string name;
  std::string folder;
};

int list_models() {
  for (const HubModel& model : hub_models())
    std::printf("%-46s %4.0f MB  %s\n", model.name.c_str(), model.megabytes, model.description.c_str());
  std::printf(
      "\nheadlight get NAME fetches one into %s.\nAny other Hugging Face repository can be named as OWNER/NAME.\n",
      hub_folder().c_str());
  return 0;
}

int run_get(const GetOptions& options) {
  if (options.name.empty()) return list_models();
  const HubModel model = find_hub_model(options.name);
  const Interrupt interrupt;
  std::filesystem::path folder;
  {
    ProgressBar bar(model.name);
    folder = get_model(
        model, options.folder.empty() ? hub_folder() : std::filesystem::path(options.folder),
        [&](const HubProgress& p) {
          if (p.total > 0)
            bar.show(static_cast<double>(p.done) / static_cast<double>(p.total),
                     p.file + " " + bytes_text(static_cast<double>(p.done)) + " of " +
                         bytes_text(static_cast<double>(p.total)));
        },
        interrupt.token());
  }
  std::printf("%s\nOpen it with: headlight --model %s\n", folder.c_str(), folder.c_str());
  return 0;
}

}  // namespace

void add_get_command(CLI::App& root, Action& action) {
  CLI::App* command = root.add_subcommand("get", "Fetch a well-known larger model; without a name, list them");
  auto options = std::make_shared<GetOptions>();
  command->add_option("name", options->name, "One of the listed names, or a Hugging Face repository as OWNER/NAME");
  command->add_option("--out", options->folder, "Folder that receives NAME/model.safetensors and NAME/config.json")
      ->type_name("DIR");
  command->callback([&action, options] { action = [options] { return run_get(*options); }; });
}

}  // namespace headlight
