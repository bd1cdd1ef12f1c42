// Pictures that come one behind the other in a stream of bytes: where each ends is found without decoding it.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace headlight {

class PictureStream {
 public:
  /// Gives up to so many bytes, 0 at the end.
  using Read = std::function<std::size_t(void* to, std::size_t most)>;
  /// `name` stands for the stream in messages.
  PictureStream(Read read, std::string name) : read_(std::move(read)), name_(std::move(name)) {}

  /// The bytes of the next PPM, PGM, PNG or JPEG picture; none at the end. Throws vit::Error for anything else, for a
  /// picture that is cut off, and for one of more than a gigabyte.
  std::optional<std::vector<std::byte>> next();

 private:
  bool fill(std::size_t bytes);  // so many are there; false: the stream ends before
  void need(std::size_t bytes);  // likewise; throws
  std::size_t pnm_size();
  std::size_t png_size();
  std::size_t jpeg_size();
  unsigned at(std::size_t index) const { return std::to_integer<unsigned>(buffer_[start_ + index]); }

  Read read_;
  std::string name_;
  std::vector<std::byte> buffer_;
  std::size_t start_ = 0;  // of the present picture in it
};

}  // namespace headlight
