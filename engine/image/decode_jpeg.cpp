// JPEG by libjpeg-turbo, with the settings that PIL uses: its own defaults.
#include <csetjmp>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>

#include <jpeglib.h>
// after it
#include <jerror.h>

#include "engine/image/decoders.h"
#include "engine/image/exif.h"

namespace vit {
namespace {

// Each scan of a progressive file goes over all pixels: a hostile one of a few kilobytes would keep the decoder busy
// for hours. Encoders write ten to twenty.
constexpr int kMostScans = 100;

constexpr int kExifAndXmp = JPEG_APP0 + 1, kProfile = JPEG_APP0 + 2;

/// libjpeg reports an error by a function that must not return, so the three functions that call it leave by longjmp.
/// They hold nothing with a destructor; whatever they fill is here, and is cleaned up by the object's owner.
struct Jpeg {
  jpeg_decompress_struct info;
  jpeg_error_mgr errors;
  jpeg_source_mgr source;
  jpeg_progress_mgr progress;
  std::jmp_buf failed;
  char reason[JMSG_LENGTH_MAX];   // of the failure
  char warning[JMSG_LENGTH_MAX];  // the first one, or empty
  JOCTET* profile;                // from malloc
  unsigned profile_bytes;
  bool ended_early, has_end_marker;
};

struct Destroy {
  void operator()(Jpeg* jpeg) const noexcept {
    jpeg_destroy_decompress(&jpeg->info);
    std::free(jpeg->profile);
    delete jpeg;
  }
};

Jpeg& jpeg_of(j_common_ptr info) {
  return *static_cast<Jpeg*>(info->client_data);
}

[[noreturn]] void fail(j_common_ptr info) {
  Jpeg& jpeg = jpeg_of(info);
  info->err->format_message(info, jpeg.reason);
  std::longjmp(jpeg.failed, 1);
}

void note_warning(j_common_ptr info, int level) {
  if (level >= 0) return;
  ++info->err->num_warnings;
  Jpeg& jpeg = jpeg_of(info);
  if (jpeg.warning[0] == '\0') info->err->format_message(info, jpeg.warning);
}

void say_nothing(j_common_ptr) {}

void count_scans(j_common_ptr info) {
  const auto* decompress = reinterpret_cast<j_decompress_ptr>(info);
  if (decompress->input_scan_number <= kMostScans) return;
  Jpeg& jpeg = jpeg_of(info);
  std::snprintf(jpeg.reason, sizeof jpeg.reason, "it has more than %d scans", kMostScans);
  std::longjmp(jpeg.failed, 1);
}

void nothing_to_do(j_decompress_ptr) {}

boolean no_more(j_decompress_ptr) {
  return FALSE;  // the decoder stops where it is, and what called it sees that
}

void skip(j_decompress_ptr info, long count) {
  if (count <= 0) return;
  const std::size_t step = std::min(static_cast<std::size_t>(count), info->src->bytes_in_buffer);
  info->src->next_input_byte += step;
  info->src->bytes_in_buffer -= step;
}

void prepare(Jpeg& jpeg, const JOCTET* bytes, std::size_t size) {
  jpeg.info.err = jpeg_std_error(&jpeg.errors);
  jpeg.info.client_data = &jpeg;
  jpeg.errors.error_exit = fail;
  jpeg.errors.emit_message = note_warning;
  jpeg.errors.output_message = say_nothing;
  jpeg.source.next_input_byte = bytes;
  jpeg.source.bytes_in_buffer = size;
  jpeg.source.init_source = nothing_to_do;
  jpeg.source.fill_input_buffer = no_more;
  jpeg.source.skip_input_data = skip;
  jpeg.source.resync_to_restart = jpeg_resync_to_restart;
  jpeg.source.term_source = nothing_to_do;
  jpeg.progress.progress_monitor = count_scans;
}

bool read_header(Jpeg& jpeg) {
  if (setjmp(jpeg.failed) != 0) return false;
  jpeg_create_decompress(&jpeg.info);
  jpeg.info.src = &jpeg.source;
  jpeg.info.progress = &jpeg.progress;
  jpeg_save_markers(&jpeg.info, kExifAndXmp, 0xFFFF);
  jpeg_save_markers(&jpeg.info, kProfile, 0xFFFF);
  jpeg.ended_early = jpeg_read_header(&jpeg.info, TRUE) != JPEG_HEADER_OK;
  if (jpeg.ended_early) return false;
  jpeg_read_icc_profile(&jpeg.info, &jpeg.profile, &jpeg.profile_bytes);
  return true;
}

/// Adobe's programs store CMYK as light, and PIL takes every file as theirs.
void rgb_of_light(const JSAMPLE* row, unsigned width, std::uint8_t* rgb) {
  for (unsigned x = 0; x < width; ++x, row += 4, rgb += 3) {
    const std::uint8_t inks[4] = {static_cast<std::uint8_t>(255 - row[0]), static_cast<std::uint8_t>(255 - row[1]),
                                  static_cast<std::uint8_t>(255 - row[2]), static_cast<std::uint8_t>(255 - row[3])};
    rgb_of_inks(inks, rgb);
  }
}

/// `rgb` has room for all pixels, `inks` for a row of four components.
bool read_pixels(Jpeg& jpeg, std::uint8_t* rgb, JSAMPLE* inks) {
  if (setjmp(jpeg.failed) != 0) return false;
  jpeg_decompress_struct& info = jpeg.info;
  const bool cmyk = info.num_components == 4;
  info.out_color_space = cmyk ? JCS_CMYK : JCS_RGB;
  jpeg.ended_early = !jpeg_start_decompress(&info);
  while (!jpeg.ended_early && info.output_scanline < info.output_height) {
    std::uint8_t* const to = rgb + std::size_t{3} * info.output_width * info.output_scanline;
    JSAMPROW row = cmyk ? inks : to;
    jpeg.ended_early = jpeg_read_scanlines(&info, &row, 1) == 0;
    if (cmyk && !jpeg.ended_early) rgb_of_light(row, info.output_width, to);
  }
  if (jpeg.ended_early) return false;
  jpeg.has_end_marker = jpeg_finish_decompress(&info);
  return true;
}

[[noreturn]] void refuse(const PictureFile& file, const Jpeg& jpeg) {
  if (jpeg.ended_early) refuse_cut_off(file);
  refuse_damaged(file, without_end(jpeg.reason));
}

std::span<const std::byte> data_of(const jpeg_marker_struct& marker) {
  return {reinterpret_cast<const std::byte*>(marker.data), marker.data_length};
}

int orientation_of(const Jpeg& jpeg) {
  constexpr std::string_view kExif{"Exif\0\0", 6}, kXmp{"http://ns.adobe.com/xap/1.0/\0", 29};
  std::vector<std::byte> exif;
  std::span<const std::byte> xmp;
  for (const jpeg_marker_struct* marker = jpeg.info.marker_list; marker != nullptr; marker = marker->next) {
    const auto data = data_of(*marker);
    const std::string_view text(reinterpret_cast<const char*>(data.data()), data.size());
    if (marker->marker != kExifAndXmp) continue;
    if (text.substr(0, kExif.size()) == kExif)  // long data continue in the next marker
      exif.insert(exif.end(), data.begin() + static_cast<std::ptrdiff_t>(kExif.size()), data.end());
    else if (text.substr(0, kXmp.size()) == kXmp)
      xmp = data.subspan(kXmp.size());
  }
  return orientation_in(exif, xmp);
}

}  // namespace

Decoded decode_jpeg(const PictureFile& file) {
  const std::unique_ptr<Jpeg, Destroy> jpeg(new Jpeg{});
  prepare(*jpeg, reinterpret_cast<const JOCTET*>(file.bytes.data()), file.bytes.size());
  if (!read_header(*jpeg)) refuse(file, *jpeg);
  const jpeg_decompress_struct& info = jpeg->info;
  const int components = info.num_components;
  if (components != 1 && components != 3 && components != 4)
    refuse_damaged(file, "it has " + std::to_string(components) + " components");

  Decoded decoded;
  decoded.orientation = orientation_of(*jpeg);  // libjpeg drops its markers at the end
  decoded.image = blank_image(info.image_width, info.image_height, file.name);
  std::vector<JSAMPLE> inks(components == 4 ? std::size_t{4} * info.image_width : 0);
  if (!read_pixels(*jpeg, decoded.image.rgb.data(), inks.data())) refuse(file, *jpeg);
  if (!jpeg->has_end_marker)
    decoded.image.remarks.emplace_back("The file has no end marker: it may have been cut off or damaged.");
  else if (jpeg->warning[0] != '\0')
    decoded.image.remarks.push_back("The file is damaged (" + without_end(jpeg->warning) +
                                    "): parts of the picture may be wrong.");
  if (jpeg->profile != nullptr) {
    const auto* bytes = reinterpret_cast<const std::byte*>(jpeg->profile);
    decoded.profile.assign(bytes, bytes + jpeg->profile_bytes);
  }
  return decoded;
}

}  // namespace vit
