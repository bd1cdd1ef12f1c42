#include "app/export/export_masks.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "app/export/export.h"
#include "app/export/export_captions.h"
#include "app/files/json_text.h"
#include "engine/maps/mask.h"

namespace headlight {
namespace {

using Json = nlohmann::ordered_json;

Json rle(int rows, int cols, const auto& at) {
  return {{"size", {rows, cols}}, {"counts", vit::run_lengths(rows, cols, at)}};
}

Json one_mask(const ExportSource& source, const vit::MapSet& set, int index) {
  const vit::MapLabel& label = set.labels[static_cast<std::size_t>(index)];
  const vit::Box& box = set.trace->pixels->box;
  const int width = source.photo ? source.photo->width : set.trace->pixels->width;
  const int height = source.photo ? source.photo->height : set.trace->pixels->height;
  const auto patch_at = [&](int at, double from, double extent, int count) {
    return static_cast<int>(std::floor((at + 0.5 - from) / extent * count));
  };
  const auto in_patch = [&](int row, int col) {
    return row >= 0 && col >= 0 && row < set.rows && col < set.cols && set.value(index, row, col) > 0.5f;
  };
  const auto in_pixel = [&](int y, int x) {
    return in_patch(patch_at(y, box.y, box.height, set.rows), patch_at(x, box.x, box.width, set.cols));
  };
  int left = width, right = -1, top = height, bottom = -1;
  long area = 0;
  for (int y = 0; y < height; ++y)
    for (int x = 0; x < width; ++x) {
      if (!in_pixel(y, x)) continue;
      ++area;
      left = std::min(left, x), right = std::max(right, x), top = std::min(top, y), bottom = std::max(bottom, y);
    }
  Json bbox = {0, 0, 0, 0};
  if (area > 0) bbox = {left, top, right - left + 1, bottom - top + 1};
  return {{"block", label.block},
          {"head", vit::head_name(label.head)},
          {"share_held", set.table->at(index, 1)},
          {"patches", rle(set.rows, set.cols, in_patch)},
          {"segmentation", rle(height, width, in_pixel)},
          {"area", area},
          {"bbox", std::move(bbox)}};
}

}  // namespace

std::string masks_json(const ExportSource& source, const ExportRequest& request,
                       const std::vector<PickedMaps>& answers) {
  const vit::Trace& trace = *source.trace;
  Json masks = Json::array();
  for (const PickedMaps& answer : answers)
    for (const int map : answer.maps) masks.push_back(one_mask(source, *answer.set, map));
  const Json all = {{"software", std::string("Headlight ") + HEADLIGHT_VERSION},
                    {"model", source.model},
                    {"image", source.image},
                    {"query", vit::query_name(request.query, trace.grid, trace.model->config)},
                    {"direction", vit::choice_of(request.direction).id},
                    {"share", request.analysis->value({.values = request.values}, "share")},
                    {"order", "counts go column by column from the left, down each column, and begin with zeros"},
                    {"masks", std::move(masks)}};
  return json_text(all) + "\n";
}

}  // namespace headlight
