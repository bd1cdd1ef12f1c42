// Reads every file of the corpus once, without a fuzzer: what once broke a reader must not break it again.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tests/fuzz/targets.h"

namespace {

namespace fs = std::filesystem;

double seconds_of(const fuzz::Target& target, const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(stream), {}};
  const auto start = std::chrono::steady_clock::now();
  target.read(std::as_bytes(std::span(bytes)));
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

/// replay CORPUS [TARGET FILE…]: all targets, or the files named.
int main(int argc, char** argv) {
  constexpr double kLongest_s = 20;  // of one small file, beside other tests and under a sanitizer
  if (argc < 2) return 2;
  std::setvbuf(stdout, nullptr, _IONBF, 0);  // a crash leaves the name of the file that made it
  int failed = 0;
  for (const fuzz::Target& target : fuzz::targets()) {
    if (argc > 2 && std::string(argv[2]) != target.name) continue;
    std::vector<fs::path> files;
    if (argc > 3) files.assign(argv + 3, argv + argc);
    std::error_code error;
    if (argc <= 3)
      for (const auto& entry : fs::directory_iterator(fs::path(argv[1]) / target.name, error))
        files.push_back(entry.path());
    std::sort(files.begin(), files.end());
    if (files.empty()) {
      std::printf("%s has no files in %s\n", target.name, argv[1]);
      ++failed;
    }
    double longest_s = 0;
    for (const fs::path& file : files) {
      std::printf("%s %s\n", target.name, file.filename().c_str());
      longest_s = std::max(longest_s, seconds_of(target, file));
    }
    std::printf("%s: %zu files, the longest %.3f s\n", target.name, files.size(), longest_s);
    if (longest_s > kLongest_s) ++failed;
  }
  return failed == 0 ? 0 : 1;
}
