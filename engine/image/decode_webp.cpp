// WebP by libwebp; of an animation the first frame.
#include <memory>

#include <webp/decode.h>
#include <webp/demux.h>

#include "engine/image/decoders.h"
#include "engine/image/exif.h"

namespace vit {
namespace {

struct DeleteDemuxer {
  void operator()(WebPDemuxer* demuxer) const noexcept { WebPDemuxDelete(demuxer); }
};

struct Frame {
  WebPIterator at{};
  bool found = false;
  explicit Frame(const WebPDemuxer* demuxer) : found(WebPDemuxGetFrame(demuxer, 1, &at) != 0) {}
  ~Frame() { WebPDemuxReleaseIterator(&at); }
  Frame(const Frame&) = delete;
  Frame& operator=(const Frame&) = delete;
};

/// The chunk of that name, or nothing. It points into the file.
std::span<const std::byte> chunk(const WebPDemuxer* demuxer, const char* name) {
  WebPChunkIterator at{};
  std::span<const std::byte> found;
  if (WebPDemuxGetChunk(demuxer, name, 1, &at) != 0)
    found = {reinterpret_cast<const std::byte*>(at.chunk.bytes), at.chunk.size};
  WebPDemuxReleaseChunkIterator(&at);
  return found;
}

void decode_frame(const PictureFile& file, const WebPIterator& frame, Image& to) {
  WebPDecoderConfig config;
  if (WebPInitDecoderConfig(&config) == 0) refuse_damaged(file, "libwebp is of another version");
  const std::int64_t right = std::int64_t{frame.x_offset} + frame.width;
  const std::int64_t bottom = std::int64_t{frame.y_offset} + frame.height;
  VP8StatusCode status = WebPGetFeatures(frame.fragment.bytes, frame.fragment.size, &config.input);
  if (status == VP8_STATUS_OK && (config.input.width != frame.width || config.input.height != frame.height ||
                                  frame.x_offset < 0 || frame.y_offset < 0 || right > to.width || bottom > to.height))
    refuse_damaged(file, "its frame and its header differ in size");
  const std::size_t stride = std::size_t{3} * to.width;
  const std::size_t start = stride * frame.y_offset + std::size_t{3} * frame.x_offset;
  config.output.colorspace = MODE_RGB;
  config.output.is_external_memory = 1;
  config.output.u.RGBA.rgba = to.rgb.data() + start;
  config.output.u.RGBA.stride = static_cast<int>(stride);
  config.output.u.RGBA.size = to.rgb.size() - start;
  if (status == VP8_STATUS_OK) status = WebPDecode(frame.fragment.bytes, frame.fragment.size, &config);
  WebPFreeDecBuffer(&config.output);
  if (status == VP8_STATUS_NOT_ENOUGH_DATA) refuse_cut_off(file);
  if (status == VP8_STATUS_OUT_OF_MEMORY) throw std::bad_alloc();
  if (status != VP8_STATUS_OK) refuse_damaged(file, "libwebp's status " + std::to_string(status));
}

}  // namespace

Decoded decode_webp(const PictureFile& file) {
  const WebPData data = {reinterpret_cast<const std::uint8_t*>(file.bytes.data()), file.bytes.size()};
  WebPDemuxState state = WEBP_DEMUX_PARSE_ERROR;
  const std::unique_ptr<WebPDemuxer, DeleteDemuxer> demuxer(WebPDemuxPartial(&data, &state));
  if (!demuxer || state == WEBP_DEMUX_PARSE_ERROR) {
    if (state == WEBP_DEMUX_PARSING_HEADER) refuse_cut_off(file);
    refuse_damaged(file, "its chunks make no sense");
  }
  if (state != WEBP_DEMUX_DONE) refuse_cut_off(file);
  const Frame frame(demuxer.get());
  if (!frame.found) refuse_damaged(file, "it holds no frame");

  Decoded decoded;
  decoded.image = blank_image(WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_WIDTH),
                              WebPDemuxGetI(demuxer.get(), WEBP_FF_CANVAS_HEIGHT), file.name);
  decode_frame(file, frame.at, decoded.image);
  if (frame.at.num_frames > 1)
    decoded.image.remarks.push_back("The file is an animation of " + std::to_string(frame.at.num_frames) +
                                    " frames: this is the first.");
  decoded.orientation = orientation_in(chunk(demuxer.get(), "EXIF"), chunk(demuxer.get(), "XMP "));
  const auto profile = chunk(demuxer.get(), "ICCP");
  decoded.profile.assign(profile.begin(), profile.end());
  return decoded;
}

}  // namespace vit
