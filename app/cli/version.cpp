#include "app/cli/version.h"

#include <GLFW/glfw3.h>
#include <cairo.h>
#include <curl/curlver.h>
#include <fmt/format.h>
#include <fontconfig/fontconfig.h>
#include <gif_lib.h>
#include <imgui.h>
#include <lcms2.h>
#include <openssl/opensslv.h>
#include <png.h>
#include <tiffio.h>
#include <webp/decode.h>
#include <zlib.h>
#include <cstdio>
// after it
#include <jpeglib.h>
#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>
#include <vector>

#include "engine/base/build_info.h"
#include "engine/base/pool.h"
#include "engine/kernels/bf16_kernels.h"
#include "engine/kernels/kernels.h"

namespace headlight {
namespace {

std::string dotted(int major, int minor, int patch) {
  return std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch);
}

/// libtiff states it as "LIBTIFF, Version 4.5.0" and a notice behind it.
std::string tiff_version() {
  const std::string text = TIFFGetVersion(), before = "Version ";
  const auto begin = text.find(before) + before.size();
  return text.substr(begin, text.find('\n') - begin);
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
  constexpr int kJpeg = LIBJPEG_TURBO_VERSION_NUMBER;
  all.push_back({"libjpeg-turbo", dotted(kJpeg / 1000000, kJpeg / 1000 % 1000, kJpeg % 1000)});
  const int webp = WebPGetDecoderVersion();
  all.push_back({"libwebp", dotted(webp >> 16, webp >> 8 & 255, webp & 255)});
  all.push_back({"libtiff", tiff_version()});
  all.push_back({"giflib", dotted(GIFLIB_MAJOR, GIFLIB_MINOR, GIFLIB_RELEASE)});
  all.push_back({"lcms2", dotted(LCMS_VERSION / 1000, LCMS_VERSION % 1000 / 10, LCMS_VERSION % 10)});
  all.push_back({"libcurl", LIBCURL_VERSION});
  all.push_back({"OpenSSL", dotted(OPENSSL_VERSION_MAJOR, OPENSSL_VERSION_MINOR, OPENSSL_VERSION_PATCH)});
  return all;
}

}  // namespace

std::string version_text() {
  std::string list;
  for (const vit::Library& library : libraries())
    list += (list.empty() ? "" : ", ") + library.name + " " + library.version;
  std::string bf16;
  if (const auto own = vit::available_bf16_kernels(vit::kernels()); !own.empty()) {
    std::vector<std::string> names;
    for (const vit::Bf16Kernels* each : own) names.emplace_back(each->name);
    bf16 = fmt::format("; bf16 products: {} (of {}; HEADLIGHT_BF16= chooses), {:.1f} in the time of one in F32",
                       vit::bf16_kernels(vit::kernels())->name, fmt::join(names, ", "), vit::bf16_gain());
  }
  return std::string("headlight ") + HEADLIGHT_VERSION + "\nlibraries: " + list +
         "\ncompiler: " + vit::compiler_name() + "\ninstruction set: " + vit::kernels().name +
         " (this processor: " + fmt::format("{}", fmt::join(vit::available_instruction_sets(), ", ")) +
         "; HEADLIGHT_ISA= chooses)" + bf16 + ", " + std::to_string(vit::available_processors()) + " processors";
}

}  // namespace headlight
