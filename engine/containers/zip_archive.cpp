#include "engine/containers/zip_archive.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "engine/base/error.h"

namespace vit {
namespace {

constexpr zip_int64_t kMaxEntries = 200'000;

}  // namespace

/// libzip's archive over the mapped bytes, and the lock that its users share.
struct ZipArchive::Handle {
  explicit Handle(std::shared_ptr<const MappedFile> mapped) : file(std::move(mapped)) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(file->bytes().data(), file->size(), 0, &error);
    if (source != nullptr) archive = zip_open_from_source(source, ZIP_RDONLY, &error);
    const std::string reason = archive == nullptr ? zip_error_strerror(&error) : "";
    zip_error_fini(&error);
    if (archive == nullptr) {
      if (source != nullptr) zip_source_free(source);
      throw Error(file->path().string() + " is a damaged or truncated zip file (" + reason + ").");
    }
  }
  ~Handle() { zip_discard(archive); }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;

  std::shared_ptr<const MappedFile> file;
  zip_t* archive = nullptr;
  std::mutex mutex;
};

/// One entry, kept open where the last read ended.
class ZipArchive::EntrySource : public ByteSource {
 public:
  EntrySource(std::shared_ptr<Handle> handle, const Entry& entry, std::string name)
      : handle_(std::move(handle)), entry_(entry), name_(std::move(name)) {}
  ~EntrySource() override {
    const std::lock_guard lock(handle_->mutex);
    close();
  }

  std::uint64_t size() const override { return entry_.bytes; }

  void read(std::uint64_t offset, std::span<std::byte> out) const override {
    const std::lock_guard lock(handle_->mutex);
    try {
      if (open_ == nullptr || offset < position_) reopen();
      skip_to(offset);
      read_here(out);
    } catch (const Error&) {
      handle_->file->check();  // the true reason
      throw;
    }
    handle_->file->check();
    if (position_ == entry_.bytes) close();
  }

  void release(std::uint64_t, std::uint64_t) const override {
    const std::lock_guard lock(handle_->mutex);
    close();
    // libzip does not say where an entry lies in the file; pages that others still need come back by themselves.
    handle_->file->release(0, handle_->file->size());
  }

 private:
  [[noreturn]] void damaged() const {
    throw Error("Entry \"" + name_ + "\" of " + handle_->file->path().string() +
                " is damaged: copy or download the file again.");
  }
  void close() const {
    if (open_ != nullptr) zip_fclose(open_);
    open_ = nullptr;
  }
  void reopen() const {
    close();
    open_ = zip_fopen_index(handle_->archive, entry_.index, 0);
    if (open_ == nullptr) damaged();
    position_ = 0;
  }
  void skip_to(std::uint64_t offset) const {
    if (offset == position_) return;
    if (entry_.stored && zip_fseek(open_, static_cast<zip_int64_t>(offset), SEEK_SET) == 0) {
      position_ = offset;
      return;
    }
    std::array<std::byte, 16384> waste;
    while (position_ < offset) {
      read_here(std::span(waste).first(std::min<std::uint64_t>(waste.size(), offset - position_)));
    }
  }
  void read_here(std::span<std::byte> out) const {
    while (!out.empty()) {
      const zip_int64_t got = zip_fread(open_, out.data(), out.size());
      if (got <= 0) damaged();
      position_ += static_cast<std::uint64_t>(got);
      out = out.subspan(static_cast<std::size_t>(got));
    }
  }

  std::shared_ptr<Handle> handle_;
  Entry entry_;
  std::string name_;
  mutable zip_file_t* open_ = nullptr;
  mutable std::uint64_t position_ = 0;
};

ZipArchive::ZipArchive(std::shared_ptr<const MappedFile> file)
    : file_(std::move(file)), handle_(std::make_shared<Handle>(file_)) {
  const zip_int64_t count = zip_get_num_entries(handle_->archive, 0);
  const std::string path = file_->path().string();
  if (count < 0 || count > kMaxEntries) throw Error(path + " has an absurd number of zip entries.");
  for (zip_int64_t i = 0; i < count; ++i) {
    zip_stat_t info;
    zip_stat_init(&info);
    const zip_uint64_t needed = ZIP_STAT_NAME | ZIP_STAT_SIZE | ZIP_STAT_COMP_SIZE | ZIP_STAT_COMP_METHOD;
    if (zip_stat_index(handle_->archive, static_cast<zip_uint64_t>(i), 0, &info) != 0 ||
        (info.valid & needed) != needed) {
      throw Error(path + " is a damaged zip file.");
    }
    const std::string name = info.name;
    if (info.comp_method != ZIP_CM_STORE && info.comp_method != ZIP_CM_DEFLATE) {
      throw Error("Entry \"" + name + "\" of " + path + " is packed in a way that is not supported.");
    }
    if ((info.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 && info.encryption_method != ZIP_EM_NONE) {
      throw Error("Entry \"" + name + "\" of " + path + " is encrypted.");
    }
    // Deflate makes at most 1032 bytes of one: more is a lie that would be believed when memory is allocated.
    const bool stored = info.comp_method == ZIP_CM_STORE;
    if (info.comp_size > file_->size() || (stored ? info.size != info.comp_size : info.size / 1033 > info.comp_size)) {
      throw Error("Entry \"" + name + "\" of " + path + " claims an impossible size: the file is damaged.");
    }
    if (!entries_.emplace(name, Entry{static_cast<std::uint64_t>(i), info.size, stored}).second) {
      throw Error("Entry \"" + name + "\" of " + path + " is there twice.");
    }
  }
}

std::shared_ptr<const ByteSource> ZipArchive::source(const std::string& name) const {
  return std::make_shared<EntrySource>(handle_, entries_.at(name), name);
}

std::vector<std::byte> ZipArchive::read(const std::string& name, std::uint64_t max_bytes) const {
  const auto found = entries_.find(name);
  if (found == entries_.end()) throw Error(path().string() + " has no entry \"" + name + "\".");
  if (found->second.bytes > max_bytes) throw Error("Entry \"" + name + "\" of " + path().string() + " is too large.");
  std::vector<std::byte> bytes(found->second.bytes);
  if (!bytes.empty()) source(name)->read(0, bytes);
  return bytes;
}

bool looks_like_zip(const MappedFile& file) {
  return file.size() >= 4 && std::memcmp(file.bytes().data(), "PK\x03\x04", 4) == 0;
}

}  // namespace vit
