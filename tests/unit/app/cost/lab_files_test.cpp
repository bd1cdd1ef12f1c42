// The cost lab as text, files and plots.
#include "app/cost/lab_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "app/cost/ceilings_file.h"
#include "app/cost/lab_plots.h"
#include "app/export/plot_figure.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/kernels/kernels.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const vit::ModuleSpec kSpec{.tokens = 24, .channels = 32, .heads = 4};

const vit::LabResult& measured() {
  static const vit::LabResult result = [] {
    vit::Pool pool(1);
    return vit::measure_lab({.base = kSpec, .rounds = 3}, pool);
  }();
  return result;
}

TEST(LabText, SaysWhatIsMeasuredAndWhatIsNot) {
  const std::string formulas = lab_text(kSpec, nullptr);
  EXPECT_THAT(formulas, HasSubstr("Nothing was measured"));
  EXPECT_THAT(formulas, HasSubstr("“Softmax alone depends on the head count.”"));
  EXPECT_THAT(formulas, HasSubstr("3C²"));
  EXPECT_THAT(formulas, Not(HasSubstr("by time here")));
  const std::string all = lab_text(kSpec, &measured());
  EXPECT_THAT(all, HasSubstr("3 rounds"));
  EXPECT_THAT(all, HasSubstr("by time here"));
  EXPECT_THAT(all, HasSubstr("±"));
}

TEST(LabText, JsonHoldsEverySweepAndVerdict) {
  const auto json = nlohmann::json::parse(lab_json(kSpec, &measured()));
  EXPECT_EQ(json["module"]["N"], 24);
  ASSERT_EQ(json["sweeps"].size(), 4u);
  for (const auto& sweep : json["sweeps"])
    for (const auto& line : sweep["lines"]) {
      EXPECT_EQ(line["work"].size(), sweep["values"].size());
      EXPECT_EQ(line["ms_median"].size(), sweep["values"].size()) << line["op"];
    }
  EXPECT_EQ(json["verdicts"].size(), 3u);
  EXPECT_EQ(json["slips"].size(), 3u);
  EXPECT_FALSE(nlohmann::json::parse(lab_json(kSpec, nullptr)).contains("rounds"));
}

TEST(LabText, CsvHasALineForEachRowOfEachPoint) {
  const std::string csv = lab_csv(kSpec, &measured());
  std::ptrdiff_t lines = 1;
  for (const auto& axis : vit::choices(vit::LabAxis{})) {
    const auto sweep = vit::lab_sweep(kSpec, axis.value, &measured());
    lines += static_cast<std::ptrdiff_t>(sweep.values.size() * sweep.lines.size());
  }
  EXPECT_EQ(std::count(csv.begin(), csv.end(), '\n'), lines);
  EXPECT_THAT(csv, HasSubstr("\nheads,4,softmax,operations,11520,"));
}

TEST(LabPlots, MeasuredLinesLieOnPredictedOnesAtTheBase) {
  const auto sweep = vit::lab_sweep(kSpec, vit::LabAxis::tokens, &measured());
  const LogPlot plot = sweep_plot(sweep);
  ASSERT_FALSE(plot.empty());
  EXPECT_EQ(plot.marked_x, 24);
  for (const LogPlot::Series& series : plot.series) {
    for (const LogPlot::Point& point : series.points) {
      EXPECT_LE(point.low, point.y);
      EXPECT_GE(point.high, point.y);
      EXPECT_THAT(point.words, HasSubstr("ms"));
      EXPECT_GE(plot.along_y(point.y), 0);
      EXPECT_LE(plot.along_y(point.y), 1);
    }
    for (const auto& [x, ms] : series.predicted)
      if (x == 24) {
        EXPECT_DOUBLE_EQ(ms, series.points[sweep.base].y) << series.name;
      }
  }
}

TEST(LabPlots, AFigureHoldsNamesAxesAndWords) {
  const TempFolder folder;
  const auto file = folder.path() / "deep" / "sweep.svg";
  export_plot(sweep_plot(vit::lab_sweep(kSpec, vit::LabAxis::heads, &measured())), "A title", "where it was", {}, file);
  const std::string svg = testing_files::file_bytes(file.string());
  for (const char* words : {">A title", ">where it was", ">softmax", ">heads", "Attention module"})
    EXPECT_THAT(svg, HasSubstr(words));
  EXPECT_THROW(export_plot({}, "", "", {}, folder.path() / "sweep.csv"), vit::Error);
}

TEST(LabPlots, TicksAreRoundAndFew) {
  EXPECT_THAT(log_ticks(0.9, 21), testing::ElementsAre(1, 2, 5, 10, 20));
  EXPECT_THAT(log_ticks(0.5, 2000), testing::ElementsAre(1, 10, 100, 1000));
  EXPECT_EQ(tick_text(0.02), "0.02");
  EXPECT_EQ(tick_text(500), "500");
  EXPECT_EQ(tick_text(20000), "20k");
  EXPECT_EQ(tick_text(5e9), "5G");
}

TEST(Roofline, EveryPointLiesUnderTheNamesOfItsCeilings) {
  const vit::Ceilings machine{.processor = "made up",
                              .instruction_set = "avx2",
                              .threads = 1,
                              .gflops = 100,
                              .cache_gbytes = 50,
                              .memory_gbytes = 10};
  const std::vector<vit::RooflinePoint> points = {
      {.op = vit::Op::softmax, .name = "softmax", .operations = 1e6, .bytes = 1e6, .ms = 0.1}};
  const LogPlot plot = roofline_plot(points, machine);
  ASSERT_EQ(plot.limits.size(), 3u);
  EXPECT_EQ(plot.limits[0].points.back(), (std::pair<double, double>{2, 100})) << "where the cache's line bends";
  EXPECT_EQ(plot.limits[1].points.back(), (std::pair<double, double>{10, 100}));
  EXPECT_THAT(plot.series.front().points.front().words, HasSubstr("20 % of the 50.0 GFLOP/s"));
  EXPECT_THAT(roofline_text(points, machine), HasSubstr("softmax"));
  EXPECT_THAT(roofline_csv(points, machine), HasSubstr("softmax,1000000,1000000,1,0.1,10,50,10\n"));
  EXPECT_TRUE(roofline_plot(points, {}).limits.empty()) << "before the machine is calibrated";
}

TEST(CeilingsFile, IsOfThisProcessorTheseKernelsAndThreads) {
  const TempFolder folder;
  const auto file = folder.path() / "cache" / "ceilings.json";
  EXPECT_FALSE(load_ceilings(file, {.kernel = vit::Kernel::eager, .threads = 2}));
  vit::Ceilings mine{.processor = vit::processor_name(),
                     .instruction_set = vit::kernels().name,
                     .threads = 2,
                     .gflops = 321.5,
                     .cache_gbytes = 99,
                     .memory_gbytes = 22};
  save_ceilings(mine, file);
  EXPECT_EQ(load_ceilings(file, {.kernel = vit::Kernel::tiled, .threads = 2}), mine);
  EXPECT_FALSE(load_ceilings(file, {.kernel = vit::Kernel::tiled, .threads = 1}));
  EXPECT_FALSE(load_ceilings(file, {.kernel = vit::Kernel::reference, .threads = 2})) << "the plain loops";
  if (vit::has_bf16(vit::Kernel::tiled)) {
    EXPECT_FALSE(load_ceilings(file, {.precision = vit::Precision::bf16, .threads = 2})) << "twice as many products";
  }
  vit::Ceilings other = mine;
  other.processor = "another";
  save_ceilings(other, file);
  mine.gflops = 400;
  save_ceilings(mine, file);
  EXPECT_EQ(load_ceilings(file, {.kernel = vit::Kernel::tiled, .threads = 2}), mine)
      << "the newer one replaces the older";
  folder.write("cache/ceilings.json", "{\"not\": [ours");
  EXPECT_FALSE(load_ceilings(file, {.kernel = vit::Kernel::tiled, .threads = 2}));
}

}  // namespace
}  // namespace headlight
