// AVIF by libavif, where the program was built with it. libheif reads such files, too, but spreads colours that are
// stored at half the resolution by another rule than PIL's decoder: up to 87 levels beside an edge.
#include "engine/base/error.h"
#include "engine/image/decoders.h"

#ifdef HEADLIGHT_HAS_AVIF
#include <avif/avif.h>

#include <memory>

namespace vit {
namespace {

struct Destroy {
  void operator()(avifDecoder* decoder) const noexcept { avifDecoderDestroy(decoder); }
};

void check(const PictureFile& file, avifResult result) {
  if (result == AVIF_RESULT_OK) return;
  if (result == AVIF_RESULT_TRUNCATED_DATA) refuse_cut_off(file);
  if (result == AVIF_RESULT_NO_CODEC_AVAILABLE)
    throw Error(file.name + " is an AVIF picture, and libavif has no decoder here; install one, or save it as PNG.");
  refuse_damaged(file, avifResultToString(result));
}

/// A turn anticlockwise, then a mirroring, as EXIF counts them.
int orientation_of(const avifImage& image) {
#if AVIF_VERSION >= 1000000
  const int axis = image.imir.axis;
#else
  const int axis = image.imir.mode;
#endif
  constexpr int kTurned[] = {1, 8, 3, 6}, kAndUpsideDown[] = {4, 5, 2, 7}, kAndLeftRight[] = {2, 7, 4, 5};
  const int angle = (image.transformFlags & AVIF_TRANSFORM_IROT) != 0 ? image.irot.angle & 3 : 0;
  if ((image.transformFlags & AVIF_TRANSFORM_IMIR) == 0) return kTurned[angle];
  return axis == 0 ? kAndUpsideDown[angle] : kAndLeftRight[angle];
}

}  // namespace

Decoded decode_avif(const PictureFile& file) {
  const std::unique_ptr<avifDecoder, Destroy> decoder(avifDecoderCreate());
  if (!decoder) throw std::bad_alloc();
  // All decoders of AV1 make the same pixels. libavif would take dav1d first, whose 1.0.0 (Debian 12) reads memory that
  // is not its own in some damaged files, which ends the program.
  if (avifCodecName(AVIF_CODEC_CHOICE_AOM, AVIF_CODEC_FLAG_CAN_DECODE) != nullptr)
    decoder->codecChoice = AVIF_CODEC_CHOICE_AOM;
  check(file, avifDecoderSetIOMemory(decoder.get(), reinterpret_cast<const std::uint8_t*>(file.bytes.data()),
                                     file.bytes.size()));
  check(file, avifDecoderParse(decoder.get()));
  check_size(decoder->image->width, decoder->image->height, file.name);
  check(file, avifDecoderNextImage(decoder.get()));
  const avifImage& stored = *decoder->image;

  Decoded decoded;
  decoded.image = blank_image(stored.width, stored.height, file.name);
  std::vector<std::uint8_t> rgba;  // only this way libavif takes a premultiplied alpha out of the colours
  avifRGBImage to;
  avifRGBImageSetDefaults(&to, &stored);
  to.depth = 8;
  to.format = stored.alphaPlane != nullptr ? AVIF_RGB_FORMAT_RGBA : AVIF_RGB_FORMAT_RGB;
  to.rowBytes = stored.width * (stored.alphaPlane != nullptr ? 4 : 3);
  to.pixels = decoded.image.rgb.data();
  if (stored.alphaPlane != nullptr) {
    rgba.resize(std::size_t{to.rowBytes} * stored.height);
    to.pixels = rgba.data();
  }
  check(file, avifImageYUVToRGB(&stored, &to));
  for (std::size_t i = 0; i < rgba.size() / 4; ++i)
    for (std::size_t c = 0; c < 3; ++c) decoded.image.rgb[3 * i + c] = rgba[4 * i + c];
  if (decoder->imageCount > 1)
    decoded.image.remarks.push_back("The file is an animation of " + std::to_string(decoder->imageCount) +
                                    " frames: this is the first.");
  decoded.orientation = orientation_of(stored);
  const auto* icc = reinterpret_cast<const std::byte*>(stored.icc.data);
  decoded.profile.assign(icc, icc + stored.icc.size);
  return decoded;
}

}  // namespace vit

#else

namespace vit {

Decoded decode_avif(const PictureFile& file) {
  throw Error(file.name +
              " is an AVIF picture, and this build of Headlight has no libavif to read it; convert it to PNG "
              "or JPEG first.");
}

}  // namespace vit

#endif
