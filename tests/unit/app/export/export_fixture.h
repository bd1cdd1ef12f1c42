// What the tests of exports share: a small pass and a request of it.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "app/export/export.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/maps/attention.h"
#include "engine/network/forward.h"
#include "tests/unit/app/files/png_chunks.h"
#include "tests/unit/small_models.h"
#include "tests/unit/temp_folder.h"

namespace headlight {

inline vit::Image photograph() {
  vit::Image photo;
  photo.width = 30;
  photo.height = 20;
  for (int i = 0; i < 30 * 20; ++i)
    photo.rgb.insert(photo.rgb.end(), {static_cast<std::uint8_t>(i % 256), 80, static_cast<std::uint8_t>(i % 7)});
  return photo;
}

/// A pass of three blocks with four heads over a photograph that is cropped in the middle.
inline ExportSource small_source() {
  vit::ModelConfig config = vit::testing_models::small_config();
  const auto photo = std::make_shared<vit::Image>(photograph());
  vit::Preprocessing rules;
  rules.resize = vit::ResizeRule::none;
  rules.width = rules.height = config.grid_width * config.patch_px;
  const auto pixels = std::make_shared<const vit::Pixels>(vit::preprocess(*photo, rules, config.patch_px));
  const auto model = vit::testing_models::make_model(config);
  vit::Settings settings = vit::trained_settings(config);
  settings.threads = 1;
  vit::Pool pool(1);
  vit::Meter meter;
  return {.trace = vit::forward({model, pixels, settings}, meter, pool),
          .photo = photo,
          .model = "small",
          .image = "photo.png"};
}

class ExportTest : public ::testing::Test {
 protected:
  ExportTest() {
    request_.blocks = {1};
    request_.folder = folder_.path() / "maps";
    request_.style.size_px = 50;
    request_.style.look.range_rule = vit::RangeRule::fixed;
    request_.style.look.fixed_range = {0.f, 0.2f};
  }

  std::vector<std::string> names() {
    std::vector<std::string> result;
    for (const std::filesystem::path& file : export_maps(source_, request_)) {
      EXPECT_TRUE(std::filesystem::exists(file)) << file;
      result.push_back(file.filename().string());
    }
    return result;
  }
  std::string bytes(const std::string& name) { return testing_files::file_bytes((request_.folder / name).string()); }
  vit::Image picture(const std::string& name) {
    const std::string png = bytes(name);
    return vit::decode_image(std::as_bytes(std::span(png)), "");
  }
  vit::Look fixed_look() const { return request_.style.look; }
  vit::PatchMap head_map(int block, int head) {
    const auto row = vit::attention_row(*source_.trace, block, head, request_.query);
    return {5,
            5,
            {row.begin() + source_.trace->grid.prefix, row.end()},
            1.f / static_cast<float>(source_.trace->grid.tokens())};
  }
  std::string refusal() {
    try {
      export_maps(source_, request_);
    } catch (const vit::Error& error) {
      return error.what();
    }
    return "(exported)";
  }

  TempFolder folder_;
  ExportSource source_ = small_source();
  ExportRequest request_;
};

}  // namespace headlight
