#include "app/hub/download.h"

#include <curl/curl.h>

#include <algorithm>
#include <cctype>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <map>
#include <memory>
#include <thread>
#include <vector>

#include "app/files/digest.h"
#include "engine/base/error.h"
#include "engine/base/lower.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;
using vit::Error;

constexpr int kMaxRedirects = 10;

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;
struct FreeCurl {
  void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
};
using Curl = std::unique_ptr<CURL, FreeCurl>;

/// What the server says of the file before any of it is fetched.
struct Stated {
  std::int64_t bytes = -1;  // -1: not said
  std::string etag;         // bare, no quotes, no W/
};

using Headers = std::map<std::string, std::string>;  // lower-case names, of the last answer

std::size_t on_header(char* data, std::size_t size, std::size_t count, void* user) {
  auto& headers = *static_cast<Headers*>(user);
  std::string line(data, size * count);
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back()))) line.pop_back();
  if (line.starts_with("HTTP/")) {
    headers.clear();
  } else if (const auto colon = line.find(':'); colon != std::string::npos) {
    const std::string name = vit::lower(line.substr(0, colon));
    const auto value = line.find_first_not_of(" \t", colon + 1);
    headers[name] = value == std::string::npos ? "" : line.substr(value);
  }
  return size * count;
}

std::string bare_etag(std::string etag) {
  if (etag.starts_with("W/")) etag.erase(0, 2);
  std::erase(etag, '"');
  return etag;
}

bool is_hex(const std::string& text, std::size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) { return std::isxdigit(c); });
}

/// State of one transfer that curl's callbacks share.
struct Transfer {
  const Download* request = nullptr;
  std::FILE* sink = nullptr;
  CURL* curl = nullptr;
  std::int64_t kept = 0;   // bytes that were there before
  std::int64_t total = 0;  // 0: not said
  int write_error = 0;     // errno of a write that failed
  bool restarted = false;  // the server sent the whole file although a part was asked for
};

std::size_t on_body(char* data, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  long status = 0;
  curl_easy_getinfo(transfer.curl, CURLINFO_RESPONSE_CODE, &status);
  if (status >= 300) return size * count;  // the text of an error page is not the file
  if (status == 200 && transfer.kept > 0 && !transfer.restarted) {
    transfer.restarted = true;
    transfer.kept = 0;
    std::rewind(transfer.sink);
  }
  errno = 0;
  const std::size_t written = std::fwrite(data, 1, size * count, transfer.sink);
  if (written != size * count) transfer.write_error = errno != 0 ? errno : EIO;
  return written;
}

int on_progress(void* user, curl_off_t, curl_off_t now, curl_off_t, curl_off_t) {
  auto& transfer = *static_cast<Transfer*>(user);
  if (transfer.request->progress) transfer.request->progress(transfer.kept + now, transfer.total);
  return transfer.request->stop.stop_requested() ? 1 : 0;
}

Curl make_handle(const std::string& url, Headers& headers) {
  if (!url.starts_with("http://") && !url.starts_with("https://"))
    throw Error(url + " is no web address: it has to begin with https:// (is HF_ENDPOINT set?).");
  static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
  Curl curl(ready == CURLE_OK ? curl_easy_init() : nullptr);
  if (!curl) throw Error("The HTTP library could not be started; try again.");
  curl_easy_setopt(curl.get(), CURLOPT_URL, url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "headlight/" HEADLIGHT_VERSION);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_CONNECTTIMEOUT, 20L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_LIMIT, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_LOW_SPEED_TIME, 30L);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERFUNCTION, on_header);
  curl_easy_setopt(curl.get(), CURLOPT_HEADERDATA, &headers);
  return curl;
}

[[noreturn]] void refuse_status(const std::string& url, long status) {
  if (status == 404) throw Error(url + " does not exist on the server (404): check the name.");
  if (status == 401 || status == 403)
    throw Error(url + " needs a login or a licence agreement (" + std::to_string(status) +
                "): download it in a browser and open the file.");
  throw Error("The server answered " + std::to_string(status) + " for " + url + ": try again later.");
}

[[noreturn]] void refuse_connection(const std::string& url, CURLcode code) {
  throw Error("No answer for " + url + " (" + curl_easy_strerror(code) + "): check the network and try again.");
}

/// Asks without fetching. A redirect on the same server (a renamed repository) is followed; one to a storage server is
/// not, because the length and hash stand in the answer that redirects.
Stated ask(std::string url) {
  for (int hop = 0; hop < kMaxRedirects; ++hop) {
    Headers headers;
    const Curl curl = make_handle(url, headers);
    curl_easy_setopt(curl.get(), CURLOPT_NOBODY, 1L);
    if (const CURLcode code = curl_easy_perform(curl.get()); code != CURLE_OK) refuse_connection(url, code);
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status >= 400) refuse_status(url, status);

    Stated stated;
    const bool redirect = status >= 300;
    const std::string size = headers.contains("x-linked-size") ? headers["x-linked-size"]
                             : redirect                        ? ""
                                                               : headers["content-length"];
    if (!size.empty()) stated.bytes = std::strtoll(size.c_str(), nullptr, 10);
    stated.etag = bare_etag(headers.contains("x-linked-etag") ? headers["x-linked-etag"]
                            : redirect                        ? ""
                                                              : headers["etag"]);
    if (!redirect || !stated.etag.empty()) return stated;
    const char* next = nullptr;
    curl_easy_getinfo(curl.get(), CURLINFO_REDIRECT_URL, &next);
    if (next == nullptr) return stated;
    url = next;
  }
  throw Error(url + " redirects in circles: try again later.");
}

std::string digest(const fs::path& file, Digest::Kind kind, const std::string& prefix) {
  Digest sum(kind);
  sum.add(prefix.data(), prefix.size());
  const File in(std::fopen(file.c_str(), "rb"));
  if (!in) throw Error(file.string() + " cannot be read back: check the disk and try again.");
  std::vector<char> buffer(1 << 20);
  while (const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), in.get())) sum.add(buffer.data(), count);
  return sum.hexadecimal();
}

/// What the file was checked against, or an empty string if it is not what the server stated.
std::string verify(const fs::path& file, const Stated& stated) {
  const auto size = static_cast<std::int64_t>(fs::file_size(file));
  if (stated.bytes >= 0 && size != stated.bytes) return "";
  if (is_hex(stated.etag, 64)) return digest(file, Digest::Kind::sha256, "") == stated.etag ? "SHA-256" : "";
  if (is_hex(stated.etag, 40)) {
    const std::string header = "blob " + std::to_string(size) + '\0';
    return digest(file, Digest::Kind::sha1, header) == stated.etag ? "git SHA-1" : "";
  }
  return "length";
}

fs::path part_of(const fs::path& file, const Stated& stated) {
  std::string tag = stated.etag.substr(0, 16);
  std::erase_if(tag, [](unsigned char c) { return !std::isalnum(c); });
  fs::path part = file;
  part += tag.empty() ? ".part" : "." + tag + ".part";
  return part;
}

/// One connection. True when the server closed it in good order; false when it broke and may be taken up again.
bool fetch_rest(const Download& request, const fs::path& part, const Stated& stated) {
  std::error_code missing;
  auto kept = static_cast<std::int64_t>(fs::file_size(part, missing));
  if (missing) kept = 0;
  if (stated.bytes >= 0 && kept > stated.bytes) {
    fs::remove(part);
    kept = 0;
  }
  if (stated.bytes >= 0 && kept == stated.bytes && kept > 0) return true;
  const File sink(std::fopen(part.c_str(), kept > 0 ? "r+b" : "wb"));
  if (!sink) throw Error(part.string() + " cannot be written (" + std::strerror(errno) + "): choose another folder.");
  if (kept > 0) std::fseek(sink.get(), 0, SEEK_END);

  Headers headers;
  const Curl curl = make_handle(request.url, headers);
  Transfer transfer{&request, sink.get(), curl.get(), kept, std::max<std::int64_t>(stated.bytes, 0), 0, false};
  curl_easy_setopt(curl.get(), CURLOPT_FOLLOWLOCATION, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_MAXREDIRS, static_cast<long>(kMaxRedirects));
  curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, on_body);
  curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &transfer);
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, on_progress);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &transfer);
  const std::string range = std::to_string(kept) + "-";
  if (kept > 0) curl_easy_setopt(curl.get(), CURLOPT_RANGE, range.c_str());

  const CURLcode code = curl_easy_perform(curl.get());
  errno = 0;
  if (std::fflush(sink.get()) != 0 && transfer.write_error == 0) transfer.write_error = errno != 0 ? errno : EIO;
  if (transfer.write_error != 0)
    throw Error(part.string() + " cannot be written (" + std::strerror(transfer.write_error) +
                "): free some space and start the download again, it goes on where it stopped.");
  if (request.stop.stop_requested()) throw vit::Cancelled();
  if (transfer.restarted) {
    const long end = std::ftell(sink.get());
    std::error_code ignored;
    fs::resize_file(part, static_cast<std::uintmax_t>(end), ignored);
  }
  long status = 0;
  curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
  if (status == 416) {  // the part is not a beginning of this file
    fs::remove(part);
    return false;
  }
  if (code == CURLE_OK && status >= 400) {
    if (status >= 500) return false;
    refuse_status(request.url, status);
  }
  if (code == CURLE_TOO_MANY_REDIRECTS) throw Error(request.url + " redirects in circles: try again later.");
  if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT || code == CURLE_PEER_FAILED_VERIFICATION)
    refuse_connection(request.url, code);
  return code == CURLE_OK;
}

}  // namespace

Downloaded download(const Download& request) {
  const Stated stated = ask(request.url);
  Downloaded result;
  if (fs::is_regular_file(request.file)) {
    result.verified = verify(request.file, stated);
    if (!result.verified.empty() && (stated.bytes >= 0 || result.verified != "length")) {
      result.already_there = true;
      result.bytes = static_cast<std::int64_t>(fs::file_size(request.file));
      return result;
    }
  }
  std::error_code failed;
  fs::create_directories(request.file.parent_path(), failed);
  if (failed) throw Error(request.file.parent_path().string() + " cannot be made (" + failed.message() + ").");

  const fs::path part = part_of(request.file, stated);
  if (fs::is_regular_file(part)) result.resumed_from = static_cast<std::int64_t>(fs::file_size(part));
  bool complete = false;
  for (int attempt = 0; attempt < request.attempts && !complete; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(std::chrono::milliseconds(100 << std::min(attempt, 5)));
    complete = fetch_rest(request, part, stated);
  }
  if (!complete)
    throw Error("The connection for " + request.url + " broke " + std::to_string(request.attempts) +
                " times: start the download again, it goes on where it stopped.");

  result.verified = verify(part, stated);
  result.bytes = static_cast<std::int64_t>(fs::file_size(part));
  if (result.verified.empty()) {
    fs::remove(part);
    throw Error("What came for " + request.url + " (" + std::to_string(result.bytes) +
                " bytes) has not the length or hash that the server states: it was thrown away, try again.");
  }
  fs::rename(part, request.file, failed);
  if (failed) throw Error(request.file.string() + " cannot be written (" + failed.message() + ").");
  return result;
}

}  // namespace headlight
