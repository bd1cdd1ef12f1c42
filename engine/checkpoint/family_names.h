// What the tensors of each naming are called; several families may share one.
#pragma once

#include "engine/checkpoint/family.h"

namespace vit {

extern const FamilyNames kTimm, kDinov2, kDinov3, kEva02, kHuggingFaceDinov3, kHuggingFaceVit, kHuggingFaceDinov2,
    kHuggingFaceVit5, kHuggingFaceBlip, kHuggingFaceInternVit, kInternVit, kOpenMmlab, kHuggingFaceClip, kOpenClip,
    kTorchvision, kFlax, kPaddle, kAimv2, kTimmAimv2, kHuggingFaceAimv2, kVitPytorch, kBeit, kHuggingFaceBeit,
    kHuggingFaceBeit5, kHuggingFaceSiglip, kRopeVit, kTimmPerception, kTimmPerceptionTower, kPerception, kMlcd, kYolos,
    kVitPose, kVitPoseOriginal, kBeit3, kFlaxSiglip, kTipsv2, kPixio, kCait, kParallel, kRadio, kHuggingFaceRadio,
    kTimmNaflex, kHuggingFaceNaflex, kCoca, kSam, kTimmSam, kHuggingFaceSam, kHuggingFaceVitDet, kRelativeTimm;

}  // namespace vit
