#include "engine/image/color_profile.h"

#include <lcms2.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <memory>
#include <vector>

#include "engine/image/byte_order.h"

namespace vit {
namespace {

struct Close {
  void operator()(void* context) const noexcept { cmsDeleteContext(static_cast<cmsContext>(context)); }
};
struct CloseProfile {
  void operator()(void* profile) const noexcept { cmsCloseProfile(profile); }
};
struct CloseTransform {
  void operator()(void* transform) const noexcept { cmsDeleteTransform(transform); }
};

/// A profile with the context that lcms2 needs to be used from several threads. The bytes outlive it.
class Profile {
 public:
  explicit Profile(std::span<const std::byte> icc) : icc_(icc), context_(cmsCreateContext(nullptr, nullptr)) {
    if (context_)
      profile_.reset(cmsOpenProfileFromMemTHR(context(), icc.data(), static_cast<cmsUInt32Number>(icc.size())));
  }

  cmsHPROFILE get() const { return profile_.get(); }

  ColorProfile::Kind kind() const {
    if (!profile_) return ColorProfile::Kind::unreadable;
    // From the header itself: lcms2 gives whatever stands there as one of an enum's values, which it may not be.
    constexpr std::size_t kSpace = 16;
    if (has_at(icc_, kSpace, "RGB ")) return ColorProfile::Kind::rgb;
    return has_at(icc_, kSpace, "GRAY") ? ColorProfile::Kind::grey : ColorProfile::Kind::other;
  }

  std::string name() const {
    std::array<char, 256> text{};
    cmsGetProfileInfoASCII(profile_.get(), cmsInfoDescription, "en", "US", text.data(), text.size() - 1);
    std::string name = text.data();
    std::replace_if(
        name.begin(), name.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
    return name.empty() ? "without a name" : name;
  }

  using Transform = std::unique_ptr<void, CloseTransform>;
  Transform to_srgb() const {
    const std::unique_ptr<void, CloseProfile> srgb(cmsCreate_sRGBProfileTHR(context()));
    const cmsUInt32Number format = kind() == ColorProfile::Kind::grey ? TYPE_GRAY_8 : TYPE_RGB_8;
    return Transform(cmsCreateTransformTHR(context(), get(), format, srgb.get(), TYPE_RGB_8, INTENT_PERCEPTUAL, 0));
  }

 private:
  cmsContext context() const { return static_cast<cmsContext>(context_.get()); }

  std::span<const std::byte> icc_;
  std::unique_ptr<void, Close> context_;
  std::unique_ptr<void, CloseProfile> profile_;
};

/// Whether colours from all over the cube, or all grey levels, stay within two levels.
bool keeps_colors(cmsHTRANSFORM to_srgb, bool grey) {
  constexpr int kTolerance = 2, kSteps = 9;
  std::vector<std::uint8_t> in, wanted;
  if (grey) {
    for (int level = 0; level < 256; ++level) {
      in.push_back(static_cast<std::uint8_t>(level));
      wanted.insert(wanted.end(), 3, static_cast<std::uint8_t>(level));
    }
  } else {
    for (int i = 0; i < kSteps * kSteps * kSteps; ++i)
      for (const int step : {i / kSteps / kSteps, i / kSteps % kSteps, i % kSteps})
        in.push_back(static_cast<std::uint8_t>(255 * step / (kSteps - 1)));
    wanted = in;
  }
  std::vector<std::uint8_t> out(wanted.size());
  cmsDoTransform(to_srgb, in.data(), out.data(), static_cast<cmsUInt32Number>(out.size() / 3));
  return std::equal(out.begin(), out.end(), wanted.begin(), [](int a, int b) { return std::abs(a - b) <= kTolerance; });
}

}  // namespace

ColorProfile read_profile(std::span<const std::byte> icc) {
  const Profile profile(icc);
  ColorProfile found;
  found.kind = profile.kind();
  if (found.kind == ColorProfile::Kind::unreadable) return found;
  found.name = profile.name();
  if (found.kind == ColorProfile::Kind::other) return found;
  const auto transform = profile.to_srgb();
  if (!transform)
    found.kind = ColorProfile::Kind::unreadable;
  else
    found.is_srgb = keeps_colors(transform.get(), found.kind == ColorProfile::Kind::grey);
  return found;
}

bool convert_to_srgb(Image& image, std::span<const std::byte> icc) {
  const Profile profile(icc);
  const bool grey = profile.kind() == ColorProfile::Kind::grey;
  if (!grey && profile.kind() != ColorProfile::Kind::rgb) return false;
  const auto transform = profile.to_srgb();
  if (!transform) return false;
  const auto width = static_cast<std::size_t>(image.width);
  std::vector<std::uint8_t> row(grey ? width : 0);
  for (std::size_t y = 0; y < static_cast<std::size_t>(image.height); ++y) {
    std::uint8_t* const rgb = image.rgb.data() + 3 * y * width;
    for (std::size_t x = 0; x < row.size(); ++x) row[x] = rgb[3 * x];
    cmsDoTransform(transform.get(), grey ? row.data() : rgb, rgb, static_cast<cmsUInt32Number>(width));
  }
  return true;
}

}  // namespace vit
