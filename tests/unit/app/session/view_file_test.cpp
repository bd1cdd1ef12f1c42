#include "app/session/view_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "app/files/png_file.h"
#include "engine/base/error.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

Wanted wanted() {
  Wanted wanted;
  wanted.model = "random:C=48,L=2,h=4";
  wanted.view.query = 7;
  return wanted;
}

vit::Image picture() {
  return {.width = 2, .height = 2, .rgb = std::vector<std::uint8_t>(12, 9), .name = "picture"};
}

TEST(ViewFile, AViewIsFoundInJsonAndInPictures) {
  const TempFolder folder;
  const auto json = folder.write("v.json", to_json(wanted()));
  const auto png = folder.write("v.png", encode_png(picture(), {{"model", "m"}, {kViewChunk, to_json(wanted())}}));
  for (const auto& file : {json, png}) {
    const auto view = find_view(file);
    ASSERT_TRUE(view) << file;
    EXPECT_EQ(view->wanted.model, wanted().model);
    EXPECT_EQ(view->wanted.view, wanted().view);
  }
}

TEST(ViewFile, OtherFilesHoldNone) {
  const TempFolder folder;
  EXPECT_FALSE(find_view(folder.write("photo.png", encode_png(picture(), {{"model", "m"}}))));
  EXPECT_FALSE(find_view(folder.write("config.json", R"({"hidden_size": 768})")));
  EXPECT_FALSE(find_view(folder.write("words.txt", "about a headlight view")));
  EXPECT_FALSE(find_view(folder.write("empty.json", "")));
  EXPECT_FALSE(find_view(folder.write("large.json", to_json(wanted()) + std::string(1 << 20, ' '))));
  EXPECT_FALSE(find_view(folder.path()));
  EXPECT_FALSE(find_view(folder.path() / "gone.json"));
  EXPECT_THAT([&] { read_view(folder.path() / "gone.json"); }, ThrowsMessage<vit::Error>(HasSubstr("does not exist")));
  EXPECT_THAT([&] { read_view(folder.path() / "config.json"); }, ThrowsMessage<vit::Error>(HasSubstr("holds no view")));
}

TEST(ViewFile, ADamagedViewIsToldWithItsFile) {
  const TempFolder folder;
  std::string text = to_json(wanted());
  const auto png = folder.write("v.png", encode_png(picture(), {{kViewChunk, text.substr(0, text.size() / 2)}}));
  EXPECT_THAT([&] { find_view(png); }, ThrowsMessage<vit::Error>(HasSubstr("v.png cannot be opened as a view")));
  EXPECT_THAT([&] { find_view(folder.write("v.json", text.substr(0, text.size() / 2))); },
              ThrowsMessage<vit::Error>(HasSubstr("v.json cannot be opened as a view")));
  const auto deep = folder.write("deep.json", "{\"headlight view\":" + std::string(500000, '['));
  EXPECT_THROW(find_view(deep), vit::Error);
}

}  // namespace
}  // namespace headlight
