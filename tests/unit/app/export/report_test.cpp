#include "app/export/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>
#include <vector>

#include "app/export/html.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Subject {
  ExportSource source;
  ReportRequest report;
};

Subject subject_of(const vit::ModelConfig& config, const std::string& photo_name) {
  auto photo = std::make_shared<vit::Image>();
  photo->width = 30;
  photo->height = 20;
  photo->rgb.assign(std::size_t{3} * 30 * 20, 77);
  vit::Preprocessing rules;
  rules.resize = vit::ResizeRule::none;
  rules.width = rules.height = config.grid_width * config.patch_px;
  const auto pixels = std::make_shared<const vit::Pixels>(vit::preprocess(*photo, rules, config.patch_px));
  vit::Settings settings = vit::trained_settings(config);
  settings.threads = 1;
  vit::Pool pool(1);
  vit::Meter meter;
  Subject subject;
  subject.source = {.trace = vit::forward({vit::testing_models::make_model(config), pixels, settings}, meter, pool),
                    .photo = photo,
                    .model = "small",
                    .image = photo_name};
  subject.report.map.blocks = {1};
  subject.report.map.heads = {.mean = true, .max = false, .all_heads = false, .heads = {}};
  subject.report.preprocessing = rules;
  subject.report.command = "headlight export --report 'a & b.html'";
  return subject;
}

int count(const std::string& text, const std::string& part) {
  int found = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
  return found;
}

/// Names of elements that are opened and not closed, or closed and not opened; void ones aside.
std::vector<std::string> unbalanced(const std::string& html) {
  static const std::regex kTag(R"(<(/?)([a-zA-Z][a-zA-Z0-9]*)[^<>]*?(/?)>)");
  std::vector<std::string> open, wrong;
  for (auto it = std::sregex_iterator(html.begin(), html.end(), kTag); it != std::sregex_iterator(); ++it) {
    const std::string name = (*it)[2];
    if (name == "meta" || (*it)[3].length() > 0) continue;
    if ((*it)[1].length() == 0) {
      open.push_back(name);
    } else if (!open.empty() && open.back() == name) {
      open.pop_back();
    } else {
      wrong.push_back("/" + name);
    }
  }
  wrong.insert(wrong.end(), open.begin(), open.end());
  return wrong;
}

/// Without the pictures, which regular expressions take long to read.
std::string without_pictures(const std::string& html) {
  std::string text;
  for (std::size_t at = 0; at < html.size();) {
    const std::size_t begin = html.find("base64,", at);
    text += html.substr(at, begin == std::string::npos ? begin : begin - at);
    if (begin == std::string::npos) break;
    at = html.find('"', begin);
  }
  return text;
}

TEST(Report, IsOnePageThatNeedsNothingElse) {
  const Subject subject = subject_of(vit::testing_models::small_config(), "photo.png");
  const std::string html = report_html(subject.source, subject.report);
  const std::string text = without_pictures(html);
  EXPECT_THAT(unbalanced(text), ::testing::IsEmpty());
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, Not(HasSubstr("<link")));
  for (std::size_t at = text.find("http"); at != std::string::npos; at = text.find("http", at + 1))
    EXPECT_EQ(text.substr(at, 18), "http://www.w3.org/") << "only names of formats: " << text.substr(at, 60);
  for (const char* heading : {"The heads of block 1", "All blocks and heads", "What the heads do",
                              "The network's answer", "What it costs", "The network", "Settings"})
    EXPECT_THAT(text, HasSubstr(std::string("<h2>") + heading + "</h2>"));
  EXPECT_GE(count(text, "<svg"), 5);
  EXPECT_THAT(text, HasSubstr("'a &amp; b.html'"));
}

TEST(Report, HasTheSameBytesEachTime) {
  const Subject subject = subject_of(vit::testing_models::small_config(), "photo.png");
  EXPECT_TRUE(report_html(subject.source, subject.report) == report_html(subject.source, subject.report));
}

TEST(Report, NamesFromFilesAreTextAndNothingElse) {
  const Subject subject = subject_of(vit::testing_models::small_config(), "<script>alert(1)</script>\"&.png");
  const std::string text = without_pictures(report_html(subject.source, subject.report));
  EXPECT_THAT(text, Not(HasSubstr("<script")));
  EXPECT_THAT(text, HasSubstr("&lt;script&gt;alert(1)&lt;/script&gt;&quot;&amp;.png"));
}

TEST(Report, TellsWhatDepartsFromTheTrainedNetwork) {
  Subject subject = subject_of(vit::testing_models::small_config(), "photo.png");
  EXPECT_THAT(report_html(subject.source, subject.report), HasSubstr("Settings: as trained."));
  vit::PassInput input{subject.source.trace->model, subject.source.trace->pixels, subject.source.trace->settings};
  input.settings.qkv_bias = false;
  vit::Pool pool(1);
  vit::Meter meter;
  subject.source.trace = vit::forward(input, meter, pool);
  EXPECT_THAT(report_html(subject.source, subject.report), HasSubstr("not the trained network's: qkv bias off"));
}

TEST(Report, TheTableOfHeadCountsHasEveryDivisorAndLeavesTheTotalNearlyAlone) {
  const vit::ModelConfig config = vit::testing_models::small_config();
  Subject subject = subject_of(config, "photo.png");
  subject.report.cost.passes = {subject.source.trace->timings};
  const std::string text = without_pictures(report_html(subject.source, subject.report));
  for (const int heads : vit::divisors(config.channels))
    EXPECT_TRUE(text.find("<tr><td>" + std::to_string(heads) + "</td>") != std::string::npos ||
                text.find("<tr><td>" + std::to_string(heads) + " (trained)</td>") != std::string::npos)
        << heads;
  EXPECT_THAT(text, HasSubstr("Predicted ms"));
  EXPECT_THAT(text, HasSubstr("scale and softmax grow with it"));
}

TEST(Report, AStopRequestIsHeardAndABlockThatIsNotThereRefused) {
  Subject subject = subject_of(vit::testing_models::small_config(), "photo.png");
  std::stop_source stop;
  stop.request_stop();
  EXPECT_THROW(report_html(subject.source, subject.report, {.stop = stop.get_token()}), vit::Cancelled);
  subject.report.map.blocks = {99};
  EXPECT_THROW(report_html(subject.source, subject.report), vit::Error);
}

TEST(HtmlText, EscapesWhatHasAMeaning) {
  EXPECT_EQ(html_text("a<b>&\"c\xff"), "a&lt;b&gt;&amp;&quot;c\xef\xbf\xbd");
}

}  // namespace
}  // namespace headlight
