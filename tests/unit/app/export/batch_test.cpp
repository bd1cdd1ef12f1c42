#include "app/export/batch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <span>
#include <sstream>
#include <string>

#include "app/export/batch_log.h"
#include "app/export/film.h"
#include "app/files/assets.h"
#include "app/files/png_file.h"
#include "app/files/write_file.h"
#include "engine/base/error.h"
#include "engine/base/pool.h"
#include "engine/image/animation.h"
#include "engine/network/forward.h"
#include "tests/unit/small_models.h"
#include "tests/unit/temp_folder.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

void write_photo(const fs::path& file, int kind) {
  vit::Image photo;
  photo.width = 20 + kind;
  photo.height = 24;
  for (int i = 0; i < photo.width * photo.height; ++i)
    photo.rgb.insert(photo.rgb.end(), {static_cast<std::uint8_t>(i * (kind + 1) % 256),
                                       static_cast<std::uint8_t>(i % 7), static_cast<std::uint8_t>(31 * kind)});
  fs::create_directories(file.parent_path());
  write_file(file, encode_png(photo, {}));
}

std::string text_of(const fs::path& file) {
  std::ostringstream text;
  text << std::ifstream(file, std::ios::binary).rdbuf();
  return text.str();
}

/// All files below a folder but the log, with what they hold.
std::map<std::string, std::string> files_in(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder))
    if (entry.is_regular_file() && entry.path().filename() != BatchLog::kFileName)
      files[entry.path().lexically_relative(folder).generic_string()] = text_of(entry.path());
  return files;
}

class BatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const vit::ModelConfig config = vit::testing_models::small_config();
    job.model = vit::testing_models::make_model(config);
    job.preprocessing.resize = vit::ResizeRule::squash;
    job.preprocessing.width = job.preprocessing.height = config.grid_width * config.patch_px;
    job.settings = vit::trained_settings(config);
    job.settings.threads = 2;
    job.model_name = "small";
    job.request = [this](const headlight::Run&) {
      ExportRequest request;
      request.blocks = blocks;
      request.style.size_px = 40;
      return request;
    };
    job.folder = folder.path() / "out";
    job.asked = "heads of a block";
    for (int i = 0; i < 5; ++i) write_photo(photos() / fmt::format("{}.png", i), i);
  }

  fs::path photos() const { return folder.path() / "photos"; }
  BatchResult run() { return export_batch(job, batch_photos(photos(), job.folder)); }

  TempFolder folder;
  BatchJob job;
  std::vector<int> blocks = {1};
};

TEST_F(BatchTest, EveryPhotoGetsTheFilesThatItGetsAlone) {
  const BatchResult result = run();
  EXPECT_EQ(result.exported, 5u);
  EXPECT_THAT(result.failures, IsEmpty());
  const auto together = files_in(job.folder);
  EXPECT_EQ(together.size(), result.files);

  const fs::path alone = folder.path() / "alone";
  for (const BatchPhoto& photo : batch_photos(photos(), job.folder)) {
    auto image = std::make_shared<const vit::Image>(vit::load_image(photo.file));
    vit::Settings settings = job.settings;
    settings.keep = vit::Keep::qk;
    const headlight::Run one_run = make_run(job.model, image, job.preprocessing, settings);
    vit::Pool pool(2);
    vit::Meter meter;
    ExportSource source{.trace = run_pass(one_run, pool, meter), .photo = image, .model = "small", .image = photo.name};
    source.files.wanted.image = fs::absolute(photo.file).string();
    source.files.image = mark_file(source.files.wanted.image);
    ExportRequest request = job.request(one_run);
    request.folder = alone;
    export_maps(source, request);
  }
  const auto one_by_one = files_in(alone);
  ASSERT_EQ(together.size(), one_by_one.size());
  for (const auto& [name, bytes] : one_by_one) {
    ASSERT_TRUE(together.contains(name)) << name;
    EXPECT_TRUE(together.at(name) == bytes) << name << " differs";
  }
}

TEST_F(BatchTest, APhotoThatCannotBeReadStopsNoOther) {
  write_file(photos() / "2b.jpg", "this is no picture");
  const BatchResult result = run();
  EXPECT_EQ(result.exported, 5u);
  ASSERT_THAT(result.failures, SizeIs(1));
  EXPECT_EQ(result.failures.front().file.filename(), "2b.jpg");
  EXPECT_FALSE(result.failures.front().sentence.empty());
}

TEST_F(BatchTest, FramesGetTheFilesThatTheyGetAlone) {
  const std::string film = HEADLIGHT_SOURCE_DIR "/tests/golden/sequences/gif_keep_clear.gif";
  const auto frames = open_frames(film, job.reading);
  const BatchResult result = export_batch(job, *frames, false);
  EXPECT_EQ(result.exported, 5u);
  EXPECT_THAT(result.failures, IsEmpty());
  const auto together = files_in(job.folder);
  EXPECT_TRUE(together.contains("gif_keep_clear_0005__small__b01_mean_cls.png")) << together.begin()->first;
  job.folder = folder.path() / "alone";
  export_batch(job, std::vector<BatchPhoto>{{film + "#3", {}, "gif_keep_clear.gif#3"}});
  const auto third = files_in(job.folder);
  ASSERT_FALSE(third.empty());
  for (const auto& [name, bytes] : third) {
    ASSERT_TRUE(together.contains(name)) << name;
    EXPECT_TRUE(together.at(name) == bytes) << name << " differs";
  }
  const BatchResult again = export_batch(job, *open_frames(film, job.reading), false);
  EXPECT_EQ(again.kept, 1u);
  EXPECT_EQ(again.exported, 4u);
}

TEST_F(BatchTest, ADamagedFrameEndsASequenceThatIsReadInOrder) {
  std::string bytes = text_of(HEADLIGHT_SOURCE_DIR "/tests/golden/sequences/png_keep.png");
  const std::size_t second = bytes.find("fdAT");
  for (std::size_t i = 10; i < 30; ++i) bytes[second + i] = '\xFF';
  const fs::path file = folder.path() / "film.png";
  write_file(file, bytes);
  const BatchResult result = export_batch(job, *open_frames(file.string(), job.reading), false);
  EXPECT_EQ(result.exported, 1u);
  ASSERT_THAT(result.failures, SizeIs(1));
  EXPECT_EQ(result.failures.front().file.filename(), "film.png#2");
}

TEST_F(BatchTest, AFilmHoldsTheFigureOfEveryFrame) {
  const std::string source = HEADLIGHT_SOURCE_DIR "/tests/golden/sequences/gif_keep_clear.gif";
  const fs::path file = folder.path() / "films" / "film.png";
  const BatchResult result = export_film(job, *open_frames(source, job.reading), {.file = file});
  EXPECT_EQ(result.exported, 5u);
  const auto film = vit::open_animation(file);
  ASSERT_NE(film, nullptr);
  ASSERT_EQ(film->count(), 5);
  EXPECT_NEAR(film->seconds(0), 0.08, 1e-4) << "as the file says";
  // The third frame alone, as one figure.
  auto image = std::make_shared<const vit::Image>(load_photo(source + "#3", job.reading));
  vit::Settings settings = job.settings;
  settings.keep = vit::Keep::qk;
  const headlight::Run one_run = make_run(job.model, image, job.preprocessing, settings);
  vit::Pool pool(2);
  vit::Meter meter;
  const ExportSource alone{
      .trace = run_pass(one_run, pool, meter), .photo = image, .model = "small", .image = "gif_keep_clear.gif#3"};
  const std::string png = figure_bytes(alone, job.request(one_run), FileKind::png);
  EXPECT_EQ(film->read(2).rgb, vit::decode_image(std::as_bytes(std::span(png)), "alone").rgb);
  export_film(job, *open_frames(source, job.reading), {.file = file, .frames_per_s = 25});
  EXPECT_NEAR(vit::open_animation(file)->seconds(0), 0.04, 1e-4);
}

TEST_F(BatchTest, AFilmsFiguresAreOfOneSizeWhateverTheFramesAreCalled) {
  const fs::path frames = folder.path() / "frames";
  fs::create_directories(frames);
  for (const std::string name :
       {"a.png", "a name that is long enough for a second line of the caption of any figure.png"})
    fs::copy_file(sample_images().front(), frames / name);
  const fs::path file = folder.path() / "film.png";
  EXPECT_THROW(export_film(job, *open_frames(frames.string(), job.reading), {.file = file}), vit::Error);
  const std::string name = sequence_name(frames.string() + "/");
  EXPECT_EQ(name, "frames");
  EXPECT_EQ(export_film(job, *open_frames(frames.string(), job.reading), {.file = file, .name = name}).exported, 2u);
}

TEST_F(BatchTest, AFilmThatIsStoppedOrFailsLeavesNothing) {
  const std::string source = HEADLIGHT_SOURCE_DIR "/tests/golden/sequences/gif_keep_clear.gif";
  const fs::path file = folder.path() / "film.png";
  std::stop_source stop;
  job.stop = stop.get_token();
  job.progress = [&](const BatchProgress& progress) {
    if (progress.done == 2) stop.request_stop();
  };
  EXPECT_THROW(export_film(job, *open_frames(source, job.reading), {.file = file}), vit::Cancelled);
  EXPECT_FALSE(fs::exists(file));
}

TEST_F(BatchTest, GoesOnWhereItWasStopped) {
  std::stop_source stop;
  job.settings.threads = 1;
  job.stop = stop.get_token();
  job.progress = [&](const BatchProgress& progress) {
    if (progress.done == 2) stop.request_stop();
  };
  EXPECT_THROW(run(), vit::Cancelled);
  const auto before = files_in(job.folder);
  EXPECT_FALSE(before.empty());

  job.stop = {};
  job.progress = {};
  const BatchResult rest = run();
  EXPECT_EQ(rest.kept, 2u);
  EXPECT_EQ(rest.exported, 3u);
  const BatchResult again = run();
  EXPECT_EQ(again.kept, 5u);
  EXPECT_EQ(again.files, 0u);
}

TEST_F(BatchTest, FilesThatAreNoLongerRightAreMadeAnew) {
  run();
  write_photo(photos() / "3.png", 9);  // another photo
  fs::remove(job.folder / files_in(job.folder).begin()->first);
  const BatchResult changed = run();
  EXPECT_EQ(changed.exported, 2u) << "the photo that changed, and the one that lost a file";
  job.asked = "something else";
  blocks = {0};
  EXPECT_EQ(run().exported, 5u);
}

TEST_F(BatchTest, ADamagedLogCostsOnlyItsDamagedLines) {
  run();
  const fs::path log = job.folder / BatchLog::kFileName;
  std::string text = text_of(log);
  text.resize(text.size() - 20);  // the last photo's line
  write_file(log, "[1,2\n{\"asked\": 7}\n" + text);
  const BatchResult result = run();
  EXPECT_EQ(result.kept, 4u);
  EXPECT_EQ(result.exported, 1u);
  EXPECT_EQ(run().kept, 5u) << "the line behind the damaged one counts";
}

TEST_F(BatchTest, FoldersAreMirroredAndNamesStayApart) {
  write_photo(photos() / "night" / "0.png", 3);
  write_file(photos() / "0.PNG", text_of(photos() / "1.png"));
  write_file(photos() / ".hidden.png", "");
  const auto list = batch_photos(photos(), job.folder);
  ASSERT_THAT(list, SizeIs(7));
  EXPECT_EQ(list.back().folder, "night");
  EXPECT_EQ(list.back().name, "0.png");
  EXPECT_THAT((std::vector{list[0].name, list[1].name}), ElementsAre("0.PNG", "0-png.png"));
  EXPECT_EQ(run().exported, 7u);
  EXPECT_EQ(files_in(job.folder).size() % 7, 0u) << "no photo wrote over another's files";
}

TEST_F(BatchTest, AListNamesPhotosBesideIt) {
  write_file(folder.path() / "list.txt", "photos/1.png\r\n\nphotos/4.png\n");
  const auto list = batch_photos(folder.path() / "list.txt", job.folder);
  ASSERT_THAT(list, SizeIs(2));
  EXPECT_EQ(list[1].file, folder.path() / "photos/4.png");
  EXPECT_EQ(export_batch(job, list).exported, 2u);
}

TEST_F(BatchTest, WhatWasExportedIsNoPhoto) {
  job.folder = photos() / "maps";
  EXPECT_EQ(run().exported, 5u);
  EXPECT_EQ(run().kept, 5u) << "and nothing else is there";
  job.folder = photos() / "maps" / "..";
  EXPECT_THROW(run(), vit::Error);
}

TEST_F(BatchTest, WhatIsNoSourceIsRefused) {
  const auto sentence = [this](const fs::path& source) {
    try {
      batch_photos(source, job.folder);
    } catch (const vit::Error& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_THAT(sentence(folder.path() / "nowhere"), HasSubstr("is not there"));
  fs::create_directory(folder.path() / "empty");
  EXPECT_THAT(sentence(folder.path() / "empty"), HasSubstr("holds no pictures"));
  EXPECT_THAT(sentence(photos() / "1.png"), HasSubstr("no list of pictures"));
  write_file(folder.path() / "blank.txt", "\n\n");
  EXPECT_THAT(sentence(folder.path() / "blank.txt"), HasSubstr("lists no pictures"));
}

TEST_F(BatchTest, AFolderThatCannotBeWrittenIntoEndsTheBatchWithOneSentence) {
  write_file(folder.path() / "file", "");
  job.folder = folder.path() / "file";
  try {
    run();
    FAIL() << "written into a file";
  } catch (const vit::Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("choose another one"));
  }
}

}  // namespace
}  // namespace headlight
