// The worker: the newest request wins, obsolete work ends early, and everything is answered.
#include "app/session/worker.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <set>
#include <thread>

#include "app/files/assets.h"
#include "engine/base/error.h"
#include "tests/unit/patience.h"

namespace headlight {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

std::shared_ptr<const vit::Model> small_model(int channels = 48, int depth = 3) {
  return vit::load_model("random:C=" + std::to_string(channels) + ",L=" + std::to_string(depth) +
                         ",h=4,P=8,S=32,K=5,seed=3");
}

std::shared_ptr<const vit::Image> grey_image() {
  vit::Image image{.width = 40, .height = 32, .rgb = std::vector<std::uint8_t>(40 * 32 * 3, 90), .name = "grey"};
  return std::make_shared<const vit::Image>(std::move(image));
}

/// A worker, and everything that it has said so far.
class Listener {
 public:
  Request request(std::shared_ptr<const vit::Model> model, int heads = 4) {
    Request request{.model = model,
                    .image = image_,
                    .display = std::make_shared<const PhotoLevels>(photo_levels(image_)),
                    .preprocessing = model->preprocessing,
                    .settings = vit::trained_settings(model->config),
                    .id = ++id_};
    request.settings.set_heads(heads);
    request.settings.threads = 1;
    return request;
  }

  /// Waits until `done(everything)`, no longer than a test may.
  template <class Done>
  bool wait_for(Done done) {
    const auto limit = Clock::now() + kPatience;
    std::unique_lock lock(mutex_);
    for (;;) {
      lock.unlock();
      collect(worker.take());
      const bool ready = done();
      lock.lock();
      if (ready) return true;
      if (Clock::now() > limit) return false;
      woken_.wait_for(lock, 50ms);
    }
  }
  bool wait_for_rest() {
    return wait_for([this] {
      const WorkerStatus status = worker.status();
      return !status.picture_due && status.doing == WorkerStatus::Doing::resting;
    });
  }

  Outcome all;
  std::vector<std::uint64_t> answered, drafted;

 private:
  void collect(Outcome out) {
    if (out.model) all.model = out.model;
    if (out.image) all.image = out.image;
    if (out.baseline) all.baseline = out.baseline;
    if (out.draft) {
      all.draft = out.draft;
      drafted.push_back(out.draft->request);
    }
    if (out.trace) {
      all.trace = out.trace;
      answered.push_back(out.request);
    }
    all.times.insert(all.times.end(), out.times.begin(), out.times.end());
    all.news.insert(all.news.end(), out.news.begin(), out.news.end());
    all.failures.insert(all.failures.end(), out.failures.begin(), out.failures.end());
  }

  std::shared_ptr<const vit::Image> image_ = grey_image();
  std::uint64_t id_ = 0;
  std::mutex mutex_;
  std::condition_variable woken_;

 public:
  Worker worker{[this] { woken_.notify_all(); }};
};

TEST(Worker, LastOfManyRequestsIsAnsweredAndNoneAfterIt) {
  Listener listener;
  const auto model = small_model();
  std::uint64_t last = 0;
  for (const int heads : {1, 2, 3, 4, 6, 8, 12, 16, 24, 48}) {
    Request request = listener.request(model, heads);
    last = request.id;
    listener.worker.post(std::move(request));
  }
  ASSERT_TRUE(listener.wait_for_rest());
  ASSERT_FALSE(listener.answered.empty());
  EXPECT_EQ(listener.answered.back(), last);
  EXPECT_EQ(listener.all.trace->settings.head_counts(), (std::vector<int>{48, 48, 48}));
  for (std::size_t i = 1; i < listener.answered.size(); ++i) EXPECT_LT(listener.answered[i - 1], listener.answered[i]);
}

TEST(Worker, BaselineIsTheNetworkAsTrained) {
  Listener listener;
  const auto model = small_model();
  listener.worker.post(listener.request(model, 16));
  ASSERT_TRUE(listener.wait_for_rest());
  ASSERT_TRUE(listener.all.baseline);
  EXPECT_EQ(listener.all.baseline->settings.head_counts(), (std::vector<int>{4, 4, 4}));
  EXPECT_EQ(listener.all.baseline->pixels, listener.all.trace->pixels);
}

TEST(Worker, MeasuresALittleAndThenRests) {
  Listener listener;
  const auto model = small_model();
  listener.worker.post(listener.request(model));
  ASSERT_TRUE(listener.wait_for_rest());
  std::vector<double> ms;
  for (const PassTime& time : listener.all.times) {
    EXPECT_EQ(time.timings.first_block, 0);
    ms.push_back(time.timings.wall_ms);
  }
  EXPECT_GE(ms.size(), 1u);
  EXPECT_LE(ms.size(), 10u);
  EXPECT_TRUE(enough(ms));
}

TEST(Worker, MeasuresTheTrainedHeadCountUnderTheRequestedSettings) {
  Listener listener;
  const auto model = small_model();
  Request request = listener.request(model, 16);
  request.settings.qkv_bias = false;
  listener.worker.post(request);
  ASSERT_TRUE(listener.wait_for_rest());
  const auto passes_at = [&](int heads) {
    return std::count_if(listener.all.times.begin(), listener.all.times.end(), [&](const PassTime& time) {
      return !time.settings.qkv_bias && time.settings.head_counts() == std::vector<int>(3, heads);
    });
  };
  EXPECT_GE(passes_at(4), 1) << "predictions need it";
  EXPECT_LE(passes_at(4), 10);
  const auto before = passes_at(4);
  request.settings.set_heads(8);
  request.id += 1;
  listener.worker.post(request);
  ASSERT_TRUE(listener.wait_for_rest());
  EXPECT_GE(passes_at(8), 1);
  EXPECT_EQ(passes_at(4), before) << "once is enough";
}

TEST(Worker, QuittingEndsALongPassEarly) {
  const auto model = vit::load_model("random:C=384,L=24,h=6,P=8,S=256,K=5,seed=1");
  auto listener = std::make_unique<Listener>();
  listener->worker.post(listener->request(model, 6));
  ASSERT_TRUE(listener->wait_for([&] { return listener->worker.status().fraction > 0; }));
  const double done = listener->worker.status().fraction;
  const auto began = Clock::now();
  listener.reset();
  const double ms = std::chrono::duration<double, std::milli>(Clock::now() - began).count();
  EXPECT_LT(ms, 2000) << "quit at " << done << " of the pass";
}

TEST(Worker, ObsoleteModelIsNotFinished) {
  Listener listener;
  const auto slow = vit::load_model("random:C=384,L=24,h=6,P=8,S=256,K=5,seed=1");
  const auto quick = small_model();
  listener.worker.post(listener.request(slow, 6));
  ASSERT_TRUE(listener.wait_for([&] { return listener.worker.status().fraction > 0; }));
  Request next = listener.request(quick);
  const std::uint64_t id = next.id;
  listener.worker.post(std::move(next));
  ASSERT_TRUE(listener.wait_for_rest());
  EXPECT_EQ(listener.answered, std::vector<std::uint64_t>{id});
  EXPECT_EQ(listener.all.trace->model, quick);
}

std::shared_ptr<const vit::Model> slow_model() {
  return vit::load_model("random:C=192,L=12,h=4,P=8,S=384,K=5,seed=3");
}

TEST(Worker, WhileAControlIsHeldASlowPassIsDraftedFirst) {
  Listener listener;
  const auto model = slow_model();
  listener.worker.post(listener.request(model));
  ASSERT_TRUE(listener.wait_for([&] { return listener.answered.size() == 1; }));
  listener.worker.hold(true);
  std::uint64_t last = 0;
  for (const int heads : {6, 8, 12, 16}) {
    Request request = listener.request(model, heads);
    last = request.id;
    listener.worker.post(std::move(request));
    ASSERT_TRUE(listener.wait_for([&] { return !listener.drafted.empty() && listener.drafted.back() == last; }));
    EXPECT_TRUE(listener.worker.status().picture_due) << "the exact picture is owed";
  }
  EXPECT_EQ(listener.drafted.size(), 4u);
  EXPECT_EQ(listener.all.draft->trace->settings.heads(0), 16);
  EXPECT_LT(listener.all.draft->trace->grid.tokens(), listener.all.trace->grid.tokens());
  listener.worker.hold(false);
  ASSERT_TRUE(listener.wait_for([&] { return listener.answered.back() == last; }));
  EXPECT_EQ(listener.all.trace->settings.heads(0), 16);
  EXPECT_EQ(listener.all.trace->grid.rows, 48);
  EXPECT_TRUE(listener.all.failures.empty());
}

TEST(Worker, AHandThatRestsGetsTheExactPictureThoughItHolds) {
  Listener listener;
  const auto model = slow_model();
  listener.worker.post(listener.request(model));
  ASSERT_TRUE(listener.wait_for([&] { return listener.answered.size() == 1; }));
  listener.worker.hold(true);
  Request request = listener.request(model, 8);
  const std::uint64_t id = request.id;
  listener.worker.post(std::move(request));
  ASSERT_TRUE(listener.wait_for([&] { return listener.answered.back() == id; }));
  EXPECT_EQ(listener.drafted, std::vector<std::uint64_t>{id});
}

TEST(Worker, WithoutAHandThereAreNoDrafts) {
  Listener listener;
  const auto model = slow_model();
  listener.worker.post(listener.request(model));
  ASSERT_TRUE(listener.wait_for([&] { return listener.answered.size() == 1; }));
  Request request = listener.request(model, 8);
  const std::uint64_t id = request.id;
  listener.worker.post(std::move(request));
  ASSERT_TRUE(listener.wait_for([&] { return listener.answered.back() == id; }));
  EXPECT_TRUE(listener.drafted.empty());
}

TEST(Worker, SweepMeasuresEveryHeadCountAndKeepsThePicture) {
  Listener listener;
  const auto model = small_model();
  listener.worker.post(listener.request(model));
  ASSERT_TRUE(listener.wait_for_rest());
  const std::size_t pictures = listener.answered.size();
  listener.worker.sweep({.head_counts = {1, 3, 48}, .block = 1, .passes = 2});
  std::set<int> seen;
  ASSERT_TRUE(listener.wait_for([&] {
    for (const PassTime& time : listener.all.times) seen.insert(time.settings.heads(1));
    return seen.size() == 4 && listener.worker.status().doing == WorkerStatus::Doing::resting;
  }));
  for (const PassTime& time : listener.all.times) EXPECT_EQ(time.settings.heads(0), 4);
  EXPECT_EQ(listener.answered.size(), pictures);
}

TEST(Worker, FilesThatDoNotOpenAreReported) {
  Listener listener;
  listener.worker.load_image("no such picture.png", {});
  listener.worker.load_model("no such model.safetensors", {});
  ASSERT_TRUE(listener.wait_for([&] { return listener.all.failures.size() == 2; }));
  for (const Failure& failure : listener.all.failures)
    EXPECT_NE(failure.sentence.find("no such"), std::string::npos) << failure.sentence;
}

TEST(Worker, AFileThatWasReadIsDueUntilItIsTaken) {
  Listener listener;
  std::atomic<bool> read{false};
  listener.worker.load_image((assets_folder() / "images" / "chelsea.png").string(), {});
  listener.worker.run_errand([&](std::stop_token, const auto&) {  // after the loads
    read = true;
    return std::string("read");
  });
  const auto limit = Clock::now() + kPatience;
  while (!(read && listener.worker.status().doing == WorkerStatus::Doing::resting) && Clock::now() < limit)
    std::this_thread::sleep_for(1ms);
  EXPECT_TRUE(listener.worker.status().picture_due) << "else the window would take itself for settled";
  EXPECT_TRUE(listener.worker.take().image);
  EXPECT_FALSE(listener.worker.status().picture_due);
}

TEST(Worker, ImpossibleSettingsAreRefusedAndThePictureStays) {
  Listener listener;
  const auto model = small_model();
  listener.worker.post(listener.request(model));
  ASSERT_TRUE(listener.wait_for_rest());
  Request bad = listener.request(model, 7);  // 7 does not divide 48
  const std::uint64_t id = bad.id;
  listener.worker.post(std::move(bad));
  ASSERT_TRUE(listener.wait_for([&] { return !listener.all.failures.empty(); }));
  EXPECT_EQ(listener.all.failures[0].request, id);
  EXPECT_NE(listener.all.failures[0].sentence.find("48"), std::string::npos) << listener.all.failures[0].sentence;
  EXPECT_EQ(listener.all.trace->settings.head_counts(), (std::vector<int>{4, 4, 4}));
}

TEST(Worker, ErrandsRunOneAfterTheOtherAndReportBack) {
  Listener listener;
  listener.worker.run_errand([](std::stop_token, const auto&) { return std::string("first"); });
  listener.worker.run_errand([](std::stop_token, const auto&) -> std::string { throw vit::Error("the disk is full"); });
  listener.worker.run_errand([](std::stop_token, const auto&) { return std::string("third"); });
  ASSERT_TRUE(listener.wait_for([&] { return listener.all.news.size() == 2 && listener.all.failures.size() == 1; }));
  EXPECT_EQ(listener.all.news, (std::vector<std::string>{"first", "third"}));
  EXPECT_EQ(listener.all.failures[0].sentence, "the disk is full");
}

}  // namespace
}  // namespace headlight
