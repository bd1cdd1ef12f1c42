// What a batch has done, as a file in its folder: a line of JSON for each photo, appended when all its files are whole.
#pragma once

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

namespace headlight {

/// Use it from one thread at a time.
class BatchLog {
 public:
  static constexpr const char* kFileName = "headlight-export.jsonl";

  /// Reads what an earlier batch that was asked the same left in the folder. A line that is damaged counts for nothing.
  /// Throws vit::Error where the file cannot be written.
  BatchLog(std::filesystem::path folder, const std::string& asked);

  /// The photo is as it was then, and its files are all there.
  bool is_done(const std::filesystem::path& photo) const;
  /// Throws vit::Error where the disk refuses.
  void note_done(const std::filesystem::path& photo, const std::vector<std::filesystem::path>& files);
  void note_failure(const std::filesystem::path& photo, const std::string& sentence);

 private:
  struct State {  // of a photo's file
    std::uintmax_t bytes = 0;
    std::int64_t modified = 0;  // ticks of the file system's clock
    bool operator==(const State&) const = default;
  };
  struct Done {
    State state;
    std::vector<std::string> files;  // below the folder
  };
  static State state_of(const std::filesystem::path& photo);
  static std::string key_of(const std::filesystem::path& photo);
  void read();
  void append(const std::string& line);

  std::filesystem::path folder_;
  std::string asked_;  // checksum
  std::map<std::string, Done> done_;
  std::ofstream stream_;
};

}  // namespace headlight
