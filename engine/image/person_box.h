// How ViTPose's processor cuts out a person, with the whole photo as the person's box.
#pragma once

#include "engine/image/image.h"
#include "engine/image/preprocessing.h"

namespace vit {

/// The part of a photo that an input of width × height px shows: the photo's box, widened to the input's aspect ratio
/// and enlarged by a quarter.
Box person_box_on(int photo_width, int photo_height, int width, int height);

/// That part as a picture of width × height px: linear between the four nearest pixels, without antialiasing, black
/// beside the photo (scipy.ndimage.affine_transform of order 1).
Image person_box(const Image& photo, int width, int height);

}  // namespace vit
