// What numbers the network reads: each channel of the pixels after mean and deviation.
#pragma once

#include "engine/image/preprocessing.h"

namespace vit {

struct ChannelStatistics {
  float least = 0, most = 0;
  double mean = 0, std = 0;  // std: of the pixels about their mean
};

/// Of channel 0, 1 or 2; zeros without pixels.
ChannelStatistics channel_statistics(const Pixels& pixels, int channel);

/// The channel in grey, black at its least value, white at its most; mid-grey where they are alike.
Image channel_picture(const Pixels& pixels, int channel);

}  // namespace vit
