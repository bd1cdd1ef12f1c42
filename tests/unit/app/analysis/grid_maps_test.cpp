#include "app/analysis/grid_maps.h"

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "engine/base/pool.h"
#include "engine/checkpoint/load_model.h"
#include "engine/maps/attention.h"
#include "engine/network/forward.h"
#include "engine/network/model.h"

namespace headlight {
namespace {

std::shared_ptr<const vit::Trace> trace_of(const std::string& model, int size_px, vit::Keep keep) {
  vit::PassInput input;
  input.model = vit::load_model(model);
  auto pixels = std::make_shared<vit::Pixels>();
  pixels->width = pixels->height = size_px;
  pixels->chw.resize(std::size_t{3} * size_px * size_px);
  for (std::size_t i = 0; i < pixels->chw.size(); ++i)
    pixels->chw[i] = static_cast<float>(i * 7919 % 1000) / 500.f - 1.f;
  input.pixels = pixels;
  input.settings = vit::trained_settings(input.model->config);
  input.settings.threads = 1;
  input.settings.keep = keep;
  vit::Pool pool(1);
  vit::Meter meter;
  return vit::forward(input, meter, pool);
}

void expect_rows_of(const GridMaps& maps, const vit::Trace& trace, int query) {
  const int last = static_cast<int>(trace.blocks.size()) - 1;
  for (const int block : {0, last}) {
    const int head = maps.heads(block) - 1;
    const std::vector<float> row = vit::attention_row(trace, block, head, query);
    for (int patch : {0, 1, trace.grid.rows * trace.grid.cols - 1}) {
      EXPECT_EQ(maps.value(maps.index_of(block, head), patch / trace.grid.cols, patch % trace.grid.cols),
                row[static_cast<std::size_t>(trace.grid.prefix + patch)])
          << "block " << block << " patch " << patch;
    }
  }
}

TEST(GridMaps, SmallNetworksAreCompleteAtOnce) {
  const auto trace = trace_of("random:C=32,L=3,h=4,P=8,S=32,K=5", 32, vit::Keep::maps);
  GridMaps maps;
  View view;
  EXPECT_TRUE(maps.update(trace, view));
  EXPECT_FALSE(maps.update(trace, view));
  view.query = 3;
  EXPECT_TRUE(maps.update(trace, view));
  EXPECT_FALSE(maps.unfinished());
  EXPECT_EQ(maps.count(), 12);
  expect_rows_of(maps, *trace, 3);
}

TEST(GridMaps, LargeNetworksTakeSeveralCallsForAnotherQuery) {
  const auto trace = trace_of("random:C=512,L=3,h=2,P=8,S=360,K=0", 360, vit::Keep::qk);
  GridMaps maps;
  View view;
  ASSERT_TRUE(maps.update(trace, view)) << "the first maps are complete at once";
  view.query = 5;
  int calls = 1;
  for (; !maps.update(trace, view); ++calls) {
    ASSERT_LT(calls, 20);
    EXPECT_TRUE(maps.unfinished());
    expect_rows_of(maps, *trace, 0);  // the last ones stay
  }
  EXPECT_GT(calls, 2);
  EXPECT_FALSE(maps.unfinished());
  expect_rows_of(maps, *trace, 5);

  view.query = 6;
  EXPECT_FALSE(maps.update(trace, view));
  view.query = 5;  // back before they were complete
  EXPECT_FALSE(maps.update(trace, view));
  EXPECT_FALSE(maps.unfinished());
}

}  // namespace
}  // namespace headlight
