#include "app/export/file_names.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <string_view>

#include "app/export/export_captions.h"
#include "app/files/frame_source.h"
#include "engine/base/utf8.h"
#include "engine/maps/directed.h"

namespace headlight {
namespace {

constexpr std::size_t kPhotoBytes = 60, kNetworkBytes = 48, kClassBytes = 32;

bool is_hash(const std::string& text) {
  return text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// As many digits as the last one needs: "0" to "5", "00" to "11".
std::string digits(int number, int last) {
  const std::string text = std::to_string(number);
  const std::size_t wanted = std::to_string(last).size();
  return std::string(wanted - std::min(wanted, text.size()), '0') + text;
}

std::string block_part(int block, const ExportSource& source) {
  return "b" + vit::padded(block, static_cast<int>(source.trace->blocks.size()) - 1);
}

/// "cls", "dist", "reg0", "r18c18".
std::string query_part(const ExportSource& source, const ExportRequest& request) {
  const vit::TokenGrid& grid = source.trace->grid;
  if (request.query < grid.prefix) {
    const std::string label = vit::prefix_label(request.query, source.trace->model->config);
    return label[0] == 'r' ? "reg" + label.substr(1) : label;
  }
  const int patch = request.query - grid.prefix;
  return "r" + std::to_string(patch / grid.cols) + "c" + std::to_string(patch % grid.cols);
}

/// What side B has that side A has not: "-headlight-vit-cifar10", "-coffee", "-settings".
std::string beside(const ExportSource& source, const ExportRequest& request) {
  constexpr std::size_t kBytes = 24;
  if (!asks_other(request)) return "";
  const bool networks = source.other.model != source.model, photos = source.other.photo != source.photo;
  const std::string name = networks ? source.other.model
                           : photos ? std::filesystem::path(source.other.image).stem().string()
                                    : std::string("settings");
  return "-" + safe_name_part(name, kBytes, "other");
}

/// "_tabby", "_class281"; empty where the request names no class.
std::string class_part(const ExportSource& source, const ExportRequest& request) {
  const auto asked = class_of(request, *source.trace);
  if (!asked || !asked->named) return "";
  const std::string number = "class" + std::to_string(asked->index);
  const vit::Model& model = *source.trace->model;
  const bool named = static_cast<std::size_t>(asked->index) < model.labels.size();
  return "_" + (named ? safe_name_part(vit::class_name_of(model, asked->index), kClassBytes, number) : number);
}

std::string ending(const ExportSource& source, const ExportRequest& request) {
  const bool of_query = vit::depends_on_query(
      *request.analysis, {.analysis = request.analysis->id, .values = request.values}, source.trace->model->config);
  return class_part(source, request) + (of_query ? "_" + query_part(source, request) : std::string()) +
         vit::id_ending(request.direction) + (request.stage == vit::Stage::after_dropout ? "_dropped" : "") +
         (request.style.overlay ? "_over" : "");
}

}  // namespace

std::string safe_name_part(const std::string& text, std::size_t most_bytes, const std::string& instead) {
  std::string part;
  for (const char c : vit::valid_utf8(text)) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                       c == '-' || c == '_' || static_cast<unsigned char>(c) >= 0x80;
    const char next = plain ? c : '-';
    const bool again = (next == '-' || next == '_') && !part.empty() && part.back() == next;  // "__" parts the parts
    if (!again) part += next;
  }
  if (part.size() > most_bytes) {
    std::size_t end = most_bytes;
    while (end > 0 && (static_cast<unsigned char>(part[end]) & 0xC0) == 0x80) --end;  // not within a character
    part.resize(end);
  }
  const std::size_t first = part.find_first_not_of(".-_"), last = part.find_last_not_of(".-_");
  return first == std::string::npos ? instead : part.substr(first, last - first + 1);
}

std::string network_name(const std::string& file) {
  if (file.rfind("random:", 0) == 0) return vit::valid_utf8(file);
  std::filesystem::path path = std::filesystem::path(file).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  constexpr std::array<std::string_view, 8> kEveryNetworks = {
      "model",      "pytorch_model",     "open_clip_pytorch_model", "weights",
      "checkpoint", "pytorch_model.bin", "model.safetensors.index", "pytorch_model.bin.index"};
  const std::string stem = path.stem().string();
  if (std::find(kEveryNetworks.begin(), kEveryNetworks.end(), stem) == kEveryNetworks.end() || !path.has_parent_path())
    return vit::valid_utf8(std::filesystem::is_directory(path) ? path.filename().string() : stem);
  path = path.parent_path();
  if (is_hash(path.filename().string()))  // a hub's cache: models--OWNER--NAME/snapshots/HASH
    path = path.parent_path().parent_path();
  const std::string folder = path.filename().string();
  const std::size_t owner = folder.rfind("--");
  if (folder.empty()) return vit::valid_utf8(stem);
  return vit::valid_utf8(owner == std::string::npos ? folder : folder.substr(owner + 2));
}

std::string file_prefix(const ExportSource& source) {
  const FrameName name = parsed_frame_name(source.image);
  std::string photo = std::filesystem::path(name.file).stem().string();
  if (name.number > 0) photo += fmt::format("_{:04}", name.number);
  return safe_name_part(photo, kPhotoBytes, "photo") + "__" + safe_name_part(source.model, kNetworkBytes, "network") +
         "__";
}

std::string map_file_stem(const ExportSource& source, const ExportRequest& request, const vit::MapLabel& label) {
  std::string what;
  if (request.analysis->id != std::string_view("heads") && request.analysis->id != std::string_view("grid"))
    what = request.analysis->id + beside(source, request) + (label.block >= 0 || label.head != vit::kNoHead ? "_" : "");
  if (label.block >= 0) what += block_part(label.block, source) + (label.head != vit::kNoHead ? "_" : "");
  if (label.head == vit::kMeanOfHeads || label.head == vit::kMaxOfHeads)
    what += vit::head_name(label.head);
  else if (label.head >= 0)
    what += "h" + digits(label.head, source.trace->settings.heads(std::max(0, label.block)) - 1);
  return file_prefix(source) + what + ending(source, request);
}

std::string figure_file_stem(const ExportSource& source, const ExportRequest& request) {
  const bool heads = request.analysis->id == std::string_view("heads");
  std::string what = heads ? "grid" : request.analysis->id + beside(source, request);
  if (request.analysis->asks_block && request.blocks.size() == 1)
    what = (heads ? std::string() : what + "_") + block_part(request.blocks.front(), source) + "_heads";
  return file_prefix(source) + what + ending(source, request);
}

std::string curves_file_stem(const ExportSource& source, const ExportRequest& request) {
  ExportRequest plain = request;  // curves lie over no photo
  plain.style.overlay = false;
  return figure_file_stem(source, plain) + "_curves";
}

std::string cost_file_stem(const ExportSource& source) {
  return file_prefix(source) + "cost";
}

}  // namespace headlight
