// Which way up a photo was taken: the orientation of EXIF and XMP data, and turning the pixels by it.
#pragma once

#include <cstddef>
#include <span>

#include "engine/image/image.h"

namespace vit {

/// The orientation (1 … 8) that a block of EXIF data states: a TIFF header and its first directory, as JPEG keeps it
/// after "Exif\0\0" and PNG in an eXIf chunk. 1, upright, when there is none or the data make no sense.
int exif_orientation(std::span<const std::byte> tiff);

/// The orientation by EXIF data, whose head "Exif\0\0" may stand before them, and where they have none by XMP text: the
/// order in which PIL looks. Either may be empty.
int orientation_in(std::span<const std::byte> exif, std::span<const std::byte> xmp);

/// The picture turned and mirrored so that it stands upright, given the orientation it was stored with.
Image upright(Image stored, int orientation);

}  // namespace vit
