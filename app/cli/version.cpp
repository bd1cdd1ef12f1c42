#include "app/cli/version.h"

#include <GLFW/glfw3.h>
#include <cairo.h>
#include <curl/curlver.h>
#include <fmt/core.h>
#include <fontconfig/fontconfig.h>
#include <imgui.h>
#include <openssl/opensslv.h>
#include <png.h>
#include <zlib.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/base/build_info.h"
#include "engine/base/pool.h"
#include "engine/kernels/kernels.h"

namespace headlight {
namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

std::vector<vit::Library> libraries() {
  std::vector<vit::Library> all = vit::engine_libraries();
  all.push_back(
      {"nlohmann json", dotted(NLOHMANN_JSON_VERSION_MAJOR, NLOHMANN_JSON_VERSION_MINOR, NLOHMANN_JSON_VERSION_PATCH)});
  all.push_back({"Dear ImGui", IMGUI_VERSION});
  all.push_back({"GLFW", dotted(GLFW_VERSION_MAJOR, GLFW_VERSION_MINOR, GLFW_VERSION_REVISION)});
  all.push_back({"CLI11", CLI11_VERSION});
  all.push_back({"fmt", dotted(FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)});
  all.push_back({"fontconfig", dotted(FC_MAJOR, FC_MINOR, FC_REVISION)});
  all.push_back({"cairo", CAIRO_VERSION_STRING});
  all.push_back({"libpng", PNG_LIBPNG_VER_STRING});
  all.push_back({"zlib", ZLIB_VERSION});
  all.push_back({"libcurl", LIBCURL_VERSION});
  all.push_back({"OpenSSL", dotted(OPENSSL_VERSION_MAJOR, OPENSSL_VERSION_MINOR, OPENSSL_VERSION_PATCH)});
  return all;
}

}  // namespace

std::string version_text() {
  std::string list;
  for (const vit::Library& library : libraries())
    list += (list.empty() ? "" : ", ") + library.name + " " + library.version;
  std::string sets;
  for (const std::string& name : vit::available_instruction_sets()) sets += (sets.empty() ? "" : ", ") + name;
  return std::string("headlight ") + HEADLIGHT_VERSION + "\nlibraries: " + list +
         "\ncompiler: " + vit::compiler_name() + "\ninstruction set: " + vit::kernels().name +
         " (this processor: " + sets + "; HEADLIGHT_ISA= chooses), " + std::to_string(vit::available_processors()) +
         " processors";
}

}  // namespace headlight
