// The commands of the program; each lives in its own file and adds itself to the command line.
#pragma once

#include <functional>

#include <CLI/CLI.hpp>

namespace headlight {

/// What the parsed command line asks for; the exit code. It runs after parsing, so that an error of the work is not
/// taken for an error of the arguments.
using Action = std::function<int()>;

void add_window_options(CLI::App& root, Action& action);  // no command: the window
void add_info_command(CLI::App& root, Action& action);
void add_cost_command(CLI::App& root, Action& action);
void add_bench_command(CLI::App& root, Action& action);
void add_lab_command(CLI::App& root, Action& action);
void add_export_command(CLI::App& root, Action& action);
void add_predict_command(CLI::App& root, Action& action);
void add_eval_command(CLI::App& root, Action& action);
void add_get_command(CLI::App& root, Action& action);

/// All of them.
void add_commands(CLI::App& root, Action& action);

/// Parses and runs; the exit code. Errors become one sentence on standard error.
int run_command_line(int argc, const char* const* argv);

}  // namespace headlight
