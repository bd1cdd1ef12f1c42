// Fetches one file over HTTP: resumed where it broke off, checked against what the server states, whole or not at all.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>

namespace headlight {

/// `done` and `total` in bytes; `total` is 0 while the server has not said.
using DownloadProgress = std::function<void(std::int64_t done, std::int64_t total)>;

struct Download {
  std::string url;
  std::filesystem::path file;  // its folder is made if need be
  int attempts = 5;            // a connection that breaks is taken up again so often
  std::stop_token stop;
  DownloadProgress progress;
};

struct Downloaded {
  std::int64_t bytes = 0;
  bool already_there = false;     // an earlier download had the same length and hash
  std::int64_t resumed_from = 0;  // bytes of an earlier, broken download that were kept
  std::string verified;           // "SHA-256", "git SHA-1", or "length" where the server states no hash
};

/// Length and hash are the server's `X-Linked-Size` and `X-Linked-Etag` (a SHA-256), else `Content-Length` and an
/// `ETag` that is a git blob id. What has come so far stays in `FILE.<etag>.part` and is resumed by the next call.
/// Throws vit::Error with one sentence (not found, no connection, wrong length or hash, disk full), vit::Cancelled on a
/// stop request; `file` is then as it was. Any thread.
Downloaded download(const Download& request);

}  // namespace headlight
