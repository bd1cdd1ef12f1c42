#include "app/hub/download.h"

#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <sstream>
#include <thread>

#include "app/hub/model_hub.h"
#include "engine/base/error.h"

namespace headlight {
namespace {

namespace fs = std::filesystem;

struct HttpRequest {
  std::string method, path;
  long range_from = 0;
};

/// An HTTP server on loopback that answers each request with the bytes that `handler` makes, then closes the
/// connection: fewer bytes than announced are a cut connection.
class LoopbackServer {
 public:
  explicit LoopbackServer(std::function<std::string(const HttpRequest&)> handler) : handler_(std::move(handler)) {
    socket_ = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~LoopbackServer() {
    ::shutdown(socket_, SHUT_RDWR);
    ::close(socket_);
    thread_.join();
  }
  std::string url(const std::string& path) const { return "http://127.0.0.1:" + std::to_string(port_) + path; }
  int gets() const { return gets_; }

 private:
  void serve() {
    for (;;) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      std::string text;
      char buffer[4096];
      while (text.find("\r\n\r\n") == std::string::npos) {
        const ssize_t count = ::recv(connection, buffer, sizeof buffer, 0);
        if (count <= 0) break;
        text.append(buffer, static_cast<std::size_t>(count));
      }
      HttpRequest request;
      std::istringstream(text) >> request.method >> request.path;
      if (const auto range = text.find("Range: bytes="); range != std::string::npos)
        request.range_from = std::strtol(text.c_str() + range + 13, nullptr, 10);
      if (request.method == "GET") ++gets_;
      const std::string answer = handler_(request);
      std::size_t sent = 0;
      while (sent < answer.size()) {
        const ssize_t count = ::send(connection, answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
        if (count <= 0) break;
        sent += static_cast<std::size_t>(count);
      }
      ::shutdown(connection, SHUT_WR);
      ::close(connection);
    }
  }

  std::function<std::string(const HttpRequest&)> handler_;
  int socket_ = -1;
  int port_ = 0;
  std::atomic<int> gets_{0};
  std::thread thread_;
};

std::string sha256(const std::string& text) {
  unsigned char bytes[EVP_MAX_MD_SIZE];
  unsigned count = 0;
  EVP_Digest(text.data(), text.size(), bytes, &count, EVP_sha256(), nullptr);
  std::string hex;
  char two[3];
  for (unsigned i = 0; i < count; ++i) {
    std::snprintf(two, sizeof two, "%02x", bytes[i]);
    hex += two;
  }
  return hex;
}

std::string head(int status, std::size_t length, const std::string& more = "") {
  return "HTTP/1.1 " + std::to_string(status) + " x\r\nConnection: close\r\nContent-Length: " + std::to_string(length) +
         "\r\n" + more + "\r\n";
}

std::string contents(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class DownloadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("headlight-download-" + std::to_string(::getpid()));
    fs::remove_all(folder_);
    body_.resize(300000);
    unsigned state = 1;
    for (char& c : body_) c = static_cast<char>((state = state * 1664525u + 1013904223u) >> 24);
  }
  void TearDown() override { fs::remove_all(folder_); }

  /// The file as Hugging Face serves it: a redirect that states length and hash, then the storage server's answer,
  /// which honours ranges and sends `cut` bytes at most.
  std::string serve(const HttpRequest& request, std::size_t cut = std::string::npos, const std::string& hash = "") {
    if (request.path == "/model")
      return head(302, 0,
                  "Location: /storage?signature=1\r\nX-Linked-Size: " + std::to_string(body_.size()) +
                      "\r\nX-Linked-Etag: \"" + (hash.empty() ? sha256(body_) : hash) + "\"\r\n");
    if (request.method == "HEAD") return head(403, 0);  // signed for GET alone
    const auto from = static_cast<std::size_t>(request.range_from);
    const std::string rest = body_.substr(from);
    return head(from > 0 ? 206 : 200, rest.size()) + rest.substr(0, cut);
  }

  std::string error_of(const Download& request) {
    try {
      download(request);
    } catch (const vit::Error& error) {
      return error.what();
    }
    return "";
  }

  /// Nothing but what is named lies in the folder, so that no half file can be mistaken for a whole one.
  std::vector<std::string> files() const {
    std::vector<std::string> names;
    if (fs::exists(folder_))
      for (const auto& entry : fs::directory_iterator(folder_)) names.push_back(entry.path().filename());
    return names;
  }

  fs::path folder_;
  std::string body_;
};

TEST_F(DownloadTest, FollowsTheRedirectAndChecksLengthAndHash) {
  LoopbackServer server([&](const HttpRequest& r) { return serve(r); });
  std::int64_t last = 0, total = 0;
  const Downloaded done = download(
      {.url = server.url("/model"), .file = folder_ / "m", .stop = {}, .progress = [&](std::int64_t d, std::int64_t t) {
         last = d, total = t;
       }});
  EXPECT_EQ(contents(folder_ / "m"), body_);
  EXPECT_EQ(done.verified, "SHA-256");
  EXPECT_EQ(last, static_cast<std::int64_t>(body_.size()));
  EXPECT_EQ(total, static_cast<std::int64_t>(body_.size()));
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(DownloadTest, DoesNotFetchAFileThatIsThereAlready) {
  LoopbackServer server([&](const HttpRequest& r) { return serve(r); });
  const Download request{.url = server.url("/model"), .file = folder_ / "m", .stop = {}, .progress = {}};
  download(request);
  const int before = server.gets();
  EXPECT_TRUE(download(request).already_there);
  EXPECT_EQ(server.gets(), before);
}

TEST_F(DownloadTest, TakesUpACutConnectionWhereItBroke) {
  int answers = 0;
  LoopbackServer server([&](const HttpRequest& r) {
    const bool storage = r.path != "/model" && r.method == "GET";
    return serve(r, storage && ++answers <= 2 ? 100000 : std::string::npos);
  });
  download({.url = server.url("/model"), .file = folder_ / "m", .stop = {}, .progress = {}});
  EXPECT_EQ(contents(folder_ / "m"), body_);
  EXPECT_EQ(answers, 3);
}

TEST_F(DownloadTest, ResumesInALaterCallAndLeavesNoWholeFileBefore) {
  bool cut = true;
  LoopbackServer server([&](const HttpRequest& r) { return serve(r, cut ? 70000 : std::string::npos); });
  const Download request{.url = server.url("/model"), .file = folder_ / "m", .attempts = 1, .stop = {}, .progress = {}};
  EXPECT_NE(error_of(request).find("broke"), std::string::npos);
  EXPECT_FALSE(fs::exists(folder_ / "m"));
  cut = false;
  const Downloaded done = download(request);
  EXPECT_EQ(done.resumed_from, 70000);
  EXPECT_EQ(contents(folder_ / "m"), body_);
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(DownloadTest, StartsAnewWhereTheServerKnowsNoRanges) {
  bool cut = true;
  LoopbackServer server([&](HttpRequest r) {
    r.range_from = 0;
    return serve(r, cut ? 70000 : std::string::npos);
  });
  Download request{.url = server.url("/model"), .file = folder_ / "m", .attempts = 1, .stop = {}, .progress = {}};
  EXPECT_NE(error_of(request), "");
  cut = false;
  download(request);
  EXPECT_EQ(contents(folder_ / "m"), body_);
}

TEST_F(DownloadTest, ThrowsAwayWhatHasTheWrongHash) {
  LoopbackServer server([&](const HttpRequest& r) { return serve(r, std::string::npos, sha256("something else")); });
  const std::string error = error_of({.url = server.url("/model"), .file = folder_ / "m", .stop = {}, .progress = {}});
  EXPECT_NE(error.find("hash"), std::string::npos) << error;
  EXPECT_TRUE(files().empty());
}

TEST_F(DownloadTest, ThrowsAwayWhatHasTheWrongLength) {
  LoopbackServer server([&](const HttpRequest& r) {
    if (r.path == "/model")
      return head(302, 0, "Location: /storage\r\nX-Linked-Size: 999\r\nX-Linked-Etag: \"opaque\"\r\n");
    return head(200, body_.size()) + body_;
  });
  const std::string error = error_of({.url = server.url("/model"), .file = folder_ / "m", .stop = {}, .progress = {}});
  EXPECT_NE(error.find("length"), std::string::npos) << error;
  EXPECT_TRUE(files().empty());
}

TEST_F(DownloadTest, SmallFilesAreCheckedAgainstTheirGitId) {
  const std::string text = "{\"a\": 1}\n";
  LoopbackServer server([&](const HttpRequest& r) {
    return head(200, text.size(), "ETag: \"5eabb6f7dd6b10e9e0a1a9e76ee97b40ae7ee0cb\"\r\n") +
           (r.method == "GET" ? text : "");
  });
  const std::string error = error_of({.url = server.url("/c"), .file = folder_ / "c", .stop = {}, .progress = {}});
  EXPECT_NE(error.find("hash"), std::string::npos) << "a wrong id must not pass";
  LoopbackServer right([&](const HttpRequest& r) {
    return head(200, text.size(), "ETag: \"cb5b2f69babc53f9145b45ad20b9a075d48717ef\"\r\n") +
           (r.method == "GET" ? text : "");
  });
  EXPECT_EQ(download({.url = right.url("/c"), .file = folder_ / "c", .stop = {}, .progress = {}}).verified,
            "git SHA-1");
}

TEST_F(DownloadTest, SaysSoWhenTheFileDoesNotExist) {
  LoopbackServer server([](const HttpRequest&) { return head(404, 0); });
  const std::string error = error_of({.url = server.url("/no"), .file = folder_ / "m", .stop = {}, .progress = {}});
  EXPECT_NE(error.find("404"), std::string::npos) << error;
  EXPECT_TRUE(files().empty());
}

TEST_F(DownloadTest, SaysSoWhenNobodyAnswers) {
  std::string url;
  {
    url = LoopbackServer([](const HttpRequest&) { return ""; }).url("/m");
  }
  EXPECT_NE(error_of({.url = url, .file = folder_ / "m", .stop = {}, .progress = {}}).find("network"),
            std::string::npos);
}

TEST_F(DownloadTest, SaysSoWhenTheDiskIsFull) {
  LoopbackServer server([&](const HttpRequest& r) { return serve(r); });
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  std::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{100000, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);  // the kernel refuses what goes beyond, as a full disk would
  const Download request{.url = server.url("/model"), .file = folder_ / "m", .stop = {}, .progress = {}};
  const std::string error = error_of(request);
  ::setrlimit(RLIMIT_FSIZE, &old);
  EXPECT_NE(error.find("space"), std::string::npos) << error;
  EXPECT_FALSE(fs::exists(folder_ / "m"));
  download(request);  // with room again it goes on
  EXPECT_EQ(contents(folder_ / "m"), body_);
}

TEST_F(DownloadTest, EndsAtAStopRequestAndKeepsThePart) {
  std::stop_source stop;
  LoopbackServer server([&](const HttpRequest& r) { return serve(r); });
  Download request{.url = server.url("/model"), .file = folder_ / "m", .stop = stop.get_token(), .progress = {}};
  request.progress = [&](std::int64_t done, std::int64_t) {
    if (done > 0) stop.request_stop();
  };
  EXPECT_THROW(download(request), vit::Cancelled);
  EXPECT_FALSE(fs::exists(folder_ / "m"));
}

TEST_F(DownloadTest, AModelComesAsAFolderThatNamesItself) {
  LoopbackServer server([&](const HttpRequest& r) {
    if (r.path == "/timm/vit_small_patch16_224.dino/resolve/main/config.json")
      return head(200, 2) + (r.method == "GET" ? "{}" : "");
    HttpRequest same = r;
    if (r.path == "/timm/vit_small_patch16_224.dino/resolve/main/model.safetensors") same.path = "/model";
    return serve(same);
  });
  ::setenv("HF_ENDPOINT", server.url("").c_str(), 1);
  const fs::path model = get_model(find_hub_model("vit_small_patch16_224.dino"), folder_);
  ::unsetenv("HF_ENDPOINT");
  EXPECT_EQ(contents(model / "config.json"), "{}");
  EXPECT_EQ(contents(model / "model.safetensors"), body_);
}

TEST(ModelHub, KnowsNamesAndRefusesPaths) {
  EXPECT_EQ(find_hub_model("timm/vit_small_patch16_224.dino").name, "vit_small_patch16_224.dino");
  EXPECT_EQ(find_hub_model("someone/their-vit").repository, "someone/their-vit");
  for (const std::string name : {"vit_small", "../../etc", "a/..", "a/b/c", "a b/c", "a/b?x"})
    EXPECT_THROW(find_hub_model(name), vit::Error) << name;
}

}  // namespace
}  // namespace headlight
