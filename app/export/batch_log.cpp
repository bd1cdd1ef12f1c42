#include "app/export/batch_log.h"

#include <algorithm>
#include <cstdint>
#include <system_error>

#include <nlohmann/json.hpp>

#include "app/files/digest.h"
#include "app/files/frame_source.h"
#include "app/files/json_text.h"
#include "engine/base/error.h"

namespace headlight {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

BatchLog::BatchLog(fs::path folder, const std::string& asked) : folder_(std::move(folder)) {
  Digest digest(Digest::Kind::sha256);
  digest.add(asked.data(), asked.size());
  asked_ = digest.hexadecimal();
  read();
  const fs::path file = folder_ / kFileName;
  std::error_code ignored;
  const bool is_new = !fs::exists(file, ignored) || fs::file_size(file, ignored) == 0;
  stream_.open(file, std::ios::app | std::ios::binary);
  // What follows must not hang on a line that an interrupted run has left unfinished.
  if (!is_new) stream_ << '\n';
  if (!stream_.flush()) throw vit::Error(file.string() + " cannot be written; choose another folder.");
}

std::string BatchLog::key_of(const fs::path& photo) {
  std::error_code error;
  const fs::path whole = fs::absolute(photo, error);
  return (error ? photo : whole.lexically_normal()).generic_string();
}

BatchLog::State BatchLog::state_of(const fs::path& photo) {
  std::error_code error;
  State state;
  const fs::path file = file_of_frame(photo.string());
  state.bytes = fs::file_size(file, error);
  if (error) return {};
  state.modified = static_cast<std::int64_t>(fs::last_write_time(file, error).time_since_epoch().count());
  return error ? State{} : state;
}

void BatchLog::read() {
  std::ifstream stream(folder_ / kFileName, std::ios::binary);
  for (std::string line; std::getline(stream, line);) {
    const Json json = Json::parse(line, nullptr, false);
    if (!json.is_object() || !json.contains("asked") || json["asked"] != asked_) continue;
    try {
      const auto photo = json.at("photo").get<std::string>();
      done_.erase(photo);
      if (!json.contains("files")) continue;
      const auto bytes = whole_number<std::uintmax_t>(json.at("bytes"));
      const auto modified = whole_number<std::int64_t>(json.at("modified"));
      if (bytes && modified) done_[photo] = {{*bytes, *modified}, json.at("files").get<std::vector<std::string>>()};
    } catch (const Json::exception&) {  // a line that is none of ours
    }
  }
}

bool BatchLog::is_done(const fs::path& photo) const {
  const auto found = done_.find(key_of(photo));
  if (found == done_.end() || found->second.state != state_of(photo)) return false;
  const auto& files = found->second.files;
  return std::all_of(files.begin(), files.end(), [this](const std::string& file) {
    std::error_code ignored;
    return fs::exists(folder_ / file, ignored);
  });
}

void BatchLog::note_done(const fs::path& photo, const std::vector<fs::path>& files) {
  const State state = state_of(photo);
  Json names = Json::array();
  for (const fs::path& file : files) names.push_back(file.lexically_relative(folder_).generic_string());
  append(json_text(Json{{"photo", key_of(photo)},
                        {"bytes", state.bytes},
                        {"modified", state.modified},
                        {"files", std::move(names)},
                        {"asked", asked_}},
                   -1));
}

void BatchLog::note_failure(const fs::path& photo, const std::string& sentence) {
  append(json_text(Json{{"photo", key_of(photo)}, {"failure", sentence}, {"asked", asked_}}, -1));
}

void BatchLog::append(const std::string& line) {
  stream_ << line << '\n';
  if (!stream_.flush())
    throw vit::Error((folder_ / kFileName).string() + " cannot be written any more; is the disk full?");
}

}  // namespace headlight
