#include "app/cli/commands.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <optional>
#include <string>
#include <vector>

#include "app/cli/common.h"
#include "app/cli/exit_codes.h"
#include "app/cli/hint.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

/// The command that was being parsed, or the program itself.
const CLI::App& parsed_command(const CLI::App& root) {
  const std::vector<CLI::App*> parsed = root.get_subcommands();
  return parsed.empty() ? root : *parsed.front();
}

std::vector<std::string> known_options(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options())
    for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

std::string usage_error(const CLI::App& root, const CLI::ParseError& error) {
  const CLI::App& command = parsed_command(root);
  const std::string name = &command == &root ? "headlight" : "headlight " + command.get_name();
  std::string sentence = error.what();
  if (dynamic_cast<const CLI::ExtrasError*>(&error)) {
    const std::vector<std::string> left_over = root.remaining(true);
    const std::string word = left_over.empty() ? "" : left_over.front().substr(0, left_over.front().find('='));
    sentence = "unknown argument \"" + word + "\"";
    if (const std::optional<std::string> meant = nearest_word(word, known_options(command)))
      sentence += "; did you mean " + *meant + "?";
  }
  return name + ": " + sentence + "\nSee `" + name + " --help`.\n";
}

int report(const std::string& sentence, int code) {
  std::fprintf(stderr, "headlight: %s\n", printable(sentence).c_str());
  return code;
}

int run_action(const Action& action) {
  try {
    return action();
  } catch (const vit::Cancelled&) {
    return report("cancelled", kExitCancelled);
  } catch (const UsageError& error) {
    return report(error.what(), kExitUsage);
  } catch (const vit::Error& error) {
    return report(error.what(), kExitError);
  } catch (const std::bad_alloc&) {
    return report("The memory does not suffice; try a smaller image, fewer heads or the tiled kernel.", kExitError);
  } catch (const std::exception& error) {
    return report(std::string("internal error: ") + error.what(), kExitError);
  }
}

}  // namespace

void add_commands(CLI::App& root, Action& action) {
  add_window_options(root, action);
  add_info_command(root, action);
  add_cost_command(root, action);
  add_bench_command(root, action);
  add_lab_command(root, action);
  add_export_command(root, action);
  add_predict_command(root, action);
  add_eval_command(root, action);
  add_get_command(root, action);
}

namespace {

int parse_and_run(int argc, const char* const* argv) {
  CLI::App root("Shows what each attention head of a Vision Transformer looks at, and what every operator costs.",
                "headlight");
  root.footer(kExitCodesHelp);
  root.get_formatter()->column_width(34);
  Action action;
  add_commands(root, action);
  for (CLI::App* command : root.get_subcommands([](CLI::App* app) { return !app->get_name().empty(); }))
    describe_version(*command);
  describe_version(root);
  try {
    root.parse(argc, argv);
    if (!root.get_subcommands().empty())
      for (const CLI::Option* option : root.get_options())
        if (option->count() > 0)
          throw CLI::ParseError(option->get_name() + " stands before the command; options follow it", kExitUsage);
  } catch (const CLI::Success& done) {
    return root.exit(done);
  } catch (const CLI::ParseError& error) {
    std::fputs(usage_error(root, error).c_str(), stderr);
    return kExitUsage;
  }
  return action();
}

/// What was printed has arrived: a full disk behind `> file` must not look like success.
int after_output(int code) {
  errno = 0;
  const bool flushed = std::fflush(stdout) == 0;
  const std::string reason = errno != 0 ? std::string(": ") + std::strerror(errno) : "";
  if (flushed && std::ferror(stdout) == 0) return code;
  std::clearerr(stdout);
  return code == kExitOk ? report("Standard output cannot be written" + reason + ".", kExitError) : code;
}

}  // namespace

int run_command_line(int argc, const char* const* argv) {
  return after_output(run_action([&] { return parse_and_run(argc, argv); }));
}

}  // namespace headlight
