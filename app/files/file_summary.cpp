#include "app/files/file_summary.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <system_error>
#include <utility>

#include "engine/base/error.h"
#include "engine/base/lower.h"
#include "engine/checkpoint/family.h"
#include "engine/containers/tensor_file.h"
#include "engine/containers/tensor_file_sharded.h"
#include "engine/image/photo_levels.h"
#include "engine/image/preprocessing.h"

namespace headlight {

namespace {

vit::Image scaled_down(const std::shared_ptr<const vit::Image>& photo, int longer_side_px) {
  // Halved to not less than twice the size, by averages of 2×2, then by the good filter: which alone would take seconds
  // for a hundred megapixels.
  std::shared_ptr<const vit::Image> from = photo;
  for (const auto& level : photo_levels(photo))
    if (std::max(level->width, level->height) >= 2 * longer_side_px) from = level;
  const int longer = std::max(from->width, from->height);
  if (longer <= longer_side_px) return *from;
  const double scale = static_cast<double>(longer_side_px) / longer;
  const auto side = [scale](int px) { return std::max(1, static_cast<int>(std::lround(scale * px))); };
  return vit::resize(*from, side(from->width), side(from->height), vit::Interpolation::bilinear);
}

}  // namespace

FileSummary summarise_picture(const std::filesystem::path& file, int longer_side_px) {
  std::error_code error;
  const std::uintmax_t bytes = std::filesystem::file_size(file, error);
  if (error || bytes > kMostSummaryBytes) return {};
  try {
    const auto photo = std::make_shared<const vit::Image>(vit::load_image(file));
    return {std::to_string(photo->width) + "×" + std::to_string(photo->height), scaled_down(photo, longer_side_px)};
  } catch (const vit::Error&) {  // opening it tells why
    return {};
  }
}

FileSummary summarise_checkpoint(const std::filesystem::path& file) {
  try {
    std::error_code error;
    const bool folder = std::filesystem::is_directory(file, error);
    const auto tensors = vit::open_tensor_file(folder ? vit::checkpoint_in(file) : file);
    const std::string surroundings = file.parent_path().filename().string() + " " + file.filename().string();
    return {vit::detect_family(*tensors, vit::lower(surroundings), "").family->name, {}};
  } catch (const vit::Error&) {  // likewise
    return {};
  }
}

}  // namespace headlight
