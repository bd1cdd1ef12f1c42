#include "engine/base/pool.h"

#include <gtest/gtest.h>
#ifdef __linux__
#include <sys/resource.h>
#endif

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <thread>
#include <vector>

namespace vit {
namespace {

TEST(Share, PartsCoverEveryIndexOnceAndDifferByOne) {
  for (int count : {0, 1, 2, 7, 14, 197, 1000}) {
    for (int parts : {1, 2, 3, 4, 13}) {
      int next = 0;
      for (int part = 0; part < parts; ++part) {
        const Share share = share_of(count, part, parts);
        EXPECT_EQ(share.begin, next);
        EXPECT_GE(share.count(), count / parts);
        EXPECT_LE(share.count(), count / parts + 1);
        next = share.end;
      }
      EXPECT_EQ(next, count) << parts;
    }
  }
}

TEST(Pool, EveryIndexRunsOnce) {
  for (int threads : {1, 2, 3, 4}) {
    Pool pool(threads);
    for (int count : {0, 1, 2, 3, 100}) {
      std::vector<std::atomic<int>> seen(static_cast<std::size_t>(count));
      pool.run(count, [&](int index, int thread) {
        EXPECT_LT(thread, threads);
        ++seen[static_cast<std::size_t>(index)];
      });
      for (auto& times : seen) EXPECT_EQ(times.load(), 1);
    }
  }
}

TEST(Pool, ATeamHasOneMemberAThreadAndTheCallerIsNumberZero) {
  Pool pool(4);
  for (int wanted : {1, 2, 3, 4, 0, 9}) {
    const int threads = wanted == 0 || wanted > 4 ? 4 : wanted;
    std::vector<std::atomic<int>> seen(4);
    std::thread::id zero;
    pool.team(wanted, [&](Member& member) {
      EXPECT_EQ(member.threads(), threads);
      ++seen[static_cast<std::size_t>(member.thread())];
      if (member.thread() == 0) zero = std::this_thread::get_id();
    });
    EXPECT_EQ(zero, std::this_thread::get_id());
    for (int t = 0; t < 4; ++t) EXPECT_EQ(seen[static_cast<std::size_t>(t)].load(), t < threads ? 1 : 0) << wanted;
  }
}

TEST(Pool, AfterSyncEveryMemberSeesWhatTheOthersWrote) {
  constexpr int kRounds = 2000;
  for (int threads : {2, 3, 4}) {
    Pool pool(threads);
    std::vector<int> slots(static_cast<std::size_t>(threads));  // plain: ThreadSanitizer checks the ordering
    std::atomic<int> wrong{0};
    pool.team(0, [&](Member& member) {
      for (int round = 1; round <= kRounds; ++round) {
        slots[static_cast<std::size_t>(member.thread())] = round;
        member.sync();
        for (int value : slots) wrong += value != round;
        member.sync();
      }
    });
    EXPECT_EQ(wrong.load(), 0) << threads;
  }
}

TEST(Pool, SleepingThreadsWakeUp) {
  Pool pool(3);
  for (int round = 0; round < 5; ++round) {
    std::atomic<int> members{0};
    pool.team(0, [&](Member& member) {
      ++members;
      if (member.thread() == 1) std::this_thread::sleep_for(std::chrono::milliseconds(3));  // the others fall asleep
      member.sync();
      ++members;
    });
    EXPECT_EQ(members.load(), 6);
    std::this_thread::sleep_for(std::chrono::milliseconds(3));
  }
}

TEST(Pool, AnExceptionOfAnyMemberReachesTheCallerAndThePoolGoesOn) {
  Pool pool(3);
  for (int thrower = 0; thrower < 3; ++thrower) {
    std::atomic<int> passed{0};
    const auto body = [&](Member& member) {
      member.sync();
      if (member.thread() == thrower) throw std::runtime_error("from " + std::to_string(thrower));
      member.sync();  // never completes
      ++passed;
    };
    try {
      pool.team(0, body);
      ADD_FAILURE() << "nothing thrown";
    } catch (const std::runtime_error& error) {
      EXPECT_EQ(error.what(), "from " + std::to_string(thrower));
    }
    EXPECT_EQ(passed.load(), 0);
    std::atomic<int> calls{0};
    pool.run(10, [&](int, int) { ++calls; });
    EXPECT_EQ(calls.load(), 10);
  }
}

TEST(Pool, AThrowingTaskSkipsTheRest) {
  Pool pool(1);
  int calls = 0;
  EXPECT_THROW(pool.run(100,
                        [&](int index, int) {
                          ++calls;
                          if (index == 4) throw std::runtime_error("stop");
                        }),
               std::runtime_error);
  EXPECT_EQ(calls, 5);
}

#ifndef NDEBUG
TEST(PoolDeathTest, NestedUseIsABug) {
  testing::FLAGS_gtest_death_test_style = "threadsafe";
  EXPECT_DEATH(
      {
        Pool pool(2);
        pool.run(1, [&](int, int) { pool.run(1, [](int, int) {}); });
      },
      "no team inside a team");
}
#endif

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
/// Ends the process: 0 if a pool that cannot have its threads does the work all the same.
[[noreturn]] void work_with_few_threads() {
  std::ifstream status("/proc/self/statm");
  rlim_t pages = 0;
  status >> pages;
  const rlim_t bytes = pages * 4096 + (rlim_t{200} << 20);  // room for some stacks
  rlimit limit{};
  limit.rlim_cur = limit.rlim_max = bytes;
  setrlimit(RLIMIT_AS, &limit);
  Pool pool(1000);
  std::atomic<int> done{0};
  pool.run(500, [&](int, int) { ++done; });
  std::exit(pool.threads() < 1000 && done == 500 ? 0 : 1);
}

TEST(Pool, WorksWithTheThreadsThatTheSystemGives) {
  EXPECT_EXIT(work_with_few_threads(), testing::ExitedWithCode(0), "");
}
#endif

}  // namespace
}  // namespace vit
