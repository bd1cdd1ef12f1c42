#include "app/version.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "engine/build_info.h"
#include "engine/kernels/kernels.h"
#include "engine/pool.h"

namespace headlight {

std::string version_text() {
  std::string text = std::string("headlight ") + HEADLIGHT_VERSION + "\nlibraries: ";
  for (const vit::Library& library : vit::engine_libraries()) text += library.name + " " + library.version + ", ";
  text += "nlohmann json " + std::to_string(NLOHMANN_JSON_VERSION_MAJOR) + "." +
          std::to_string(NLOHMANN_JSON_VERSION_MINOR) + "." + std::to_string(NLOHMANN_JSON_VERSION_PATCH) + ", CLI11 " +
          CLI11_VERSION + "\ncompiler: " + vit::compiler_name() + "\ninstruction set: " + vit::kernels().name +
          " (this processor: ";
  std::string list;
  for (const std::string& name : vit::available_instruction_sets()) list += (list.empty() ? "" : ", ") + name;
  return text + list + "; HEADLIGHT_ISA= chooses), " + std::to_string(vit::available_processors()) + " processors";
}

}  // namespace headlight
