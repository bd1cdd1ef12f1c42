// `headlight export --images`: the maps of many photos.
#pragma once

#include <CLI/CLI.hpp>

#include "app/cli/export_options.h"

namespace headlight {

/// The exit status: an error where a photo failed. `command` as it was parsed: what it was asked tells whether an
/// earlier run's files are still right.
int run_batch(const CLI::App& command, const ExportOptions& options);

}  // namespace headlight
