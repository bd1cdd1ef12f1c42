#include "app/cost/ceilings_file.h"

#include <cstdlib>
#include <exception>
#include <fstream>
#include <string>
#include <system_error>

#include <nlohmann/json.hpp>

#include "app/files/json_text.h"
#include "app/files/write_file.h"

namespace headlight {
namespace {

using Json = nlohmann::json;

/// All that the file holds; an empty list where it cannot be read.
Json read_all(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return Json::array();
  std::ifstream stream(file);
  Json json = stream ? Json::parse(stream, nullptr, false) : Json();
  return json.is_array() ? json : Json::array();
}

std::optional<vit::Ceilings> from_json(const Json& json) {
  try {
    vit::Ceilings found{.processor = json.at("processor").get<std::string>(),
                        .instruction_set = json.at("instruction_set").get<std::string>(),
                        .threads = whole_number<int>(json.at("threads")).value_or(0),
                        .gflops = json.at("gflops").get<double>(),
                        .cache_gbytes = json.at("cache_gbytes").get<double>(),
                        .memory_gbytes = json.at("memory_gbytes").get<double>()};
    if (found.known()) return found;
  } catch (const Json::exception&) {  // not ours: measured anew
  }
  return std::nullopt;
}

bool same_machine(const vit::Ceilings& a, const vit::Ceilings& b) {
  return a.processor == b.processor && a.instruction_set == b.instruction_set && a.threads == b.threads;
}

}  // namespace

std::filesystem::path ceilings_file() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && *cache == '/')
    return std::filesystem::path(cache) / "headlight" / "ceilings.json";
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0')
    return std::filesystem::path(home) / ".cache" / "headlight" / "ceilings.json";
  return {};
}

std::optional<vit::Ceilings> load_ceilings(const std::filesystem::path& file, const vit::Execution& execution) {
  const vit::Ceilings wanted{.processor = vit::processor_name(),
                             .instruction_set = vit::instruction_set_of(execution),
                             .threads = execution.pass_threads()};
  for (const Json& json : read_all(file))
    if (auto found = from_json(json); found && same_machine(*found, wanted)) return found;
  return std::nullopt;
}

void save_ceilings(const vit::Ceilings& ceilings, const std::filesystem::path& file) {
  if (file.empty()) return;
  Json all = Json::array();
  for (const Json& json : read_all(file))
    if (const auto found = from_json(json); found && !same_machine(*found, ceilings)) all.push_back(json);
  all.push_back({{"processor", ceilings.processor},
                 {"instruction_set", ceilings.instruction_set},
                 {"threads", ceilings.threads},
                 {"gflops", ceilings.gflops},
                 {"cache_gbytes", ceilings.cache_gbytes},
                 {"memory_gbytes", ceilings.memory_gbytes}});
  try {
    std::filesystem::create_directories(file.parent_path());
    write_file(file, json_text(all, 1) + "\n");
  } catch (const std::exception&) {  // a read-only home is no reason to bother anybody
  }
}

}  // namespace headlight
