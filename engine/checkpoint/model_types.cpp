#include "engine/checkpoint/model_types.h"

#include <algorithm>
#include <iterator>

namespace vit {
namespace {

constexpr const char* kStages = "its resolution changes from stage to stage";
constexpr const char* kWindows = "its attention works in windows";
constexpr const char* kVideo = "it reads video, with patches in space and time";
constexpr const char* kConvolutions = "it has no attention over patches";
constexpr const char* kText = "it reads text, not pictures";
constexpr const char* kQueries = "its queries stand among the patches of the last blocks, each with a mask";
constexpr const char* kSequence = "it reads patches as a sequence, with rotary or looked-up positions of its own";

constexpr ModelType kTypes[] = {
    {"audio-spectrogram-transformer", "an audio network", "it reads spectrograms, not pictures"},
    {"bert", "a language model", kText},
    {"convnext", "a ConvNeXt", kConvolutions},
    {"convnextv2", "a ConvNeXt V2", kConvolutions},
    {"cvt", "a CvT", kStages},
    {"depth_pro", "Depth Pro", "it is three networks, of which two see the picture in tiles"},
    {"dinov3_convnext", "a ConvNeXt", kConvolutions},
    {"efficientnet", "an EfficientNet", kConvolutions},
    {"eomt", "an EoMT", kQueries},
    {"eomt_dinov3", "an EoMT", kQueries},
    {"focalnet", "a FocalNet", kStages},
    {"groupvit_vision_model", "a GroupViT", "its tokens are grouped from stage to stage"},
    {"hiera", "a Hiera network", kStages},
    {"layoutlmv3", "LayoutLMv3", "it reads pictures and text together"},
    {"levit", "a LeViT", kStages},
    {"mllama_vision_model", "Llama 3.2's vision tower",
     "it sees the picture in tiles with gated positions, and has two networks of blocks"},
    {"mobilevit", "a MobileViT", "its attention works on unfolded convolution maps"},
    {"mobilevitv2", "a MobileViT V2", "its attention is over separable maps"},
    {"pixtral", "Pixtral's vision tower", kSequence},
    {"pvt", "a PVT", kStages},
    {"pvt_v2", "a PVT V2", kStages},
    {"qwen2_5_vl", "Qwen2.5-VL's vision tower", kSequence},
    {"qwen2_5_vl_vision", "Qwen2.5-VL's vision tower", kSequence},
    {"qwen2_vl", "Qwen2-VL's vision tower", kSequence},
    {"qwen3_vl_vision", "Qwen3-VL's vision tower", kSequence},
    {"regnet", "a RegNet", kConvolutions},
    {"resnet", "a ResNet", kConvolutions},
    {"rf_detr", "RF-DETR", kWindows},
    {"sam2", "SAM 2", kStages},
    {"sam2_hiera_det_model", "SAM 2's image encoder", kStages},
    {"sam2_vision_model", "SAM 2's image encoder", kStages},
    {"segformer", "a SegFormer", kStages},
    {"swin", "a Swin Transformer", "its attention works in windows and adds relative positions"},
    {"swinv2", "a Swin Transformer V2", "its attention works in windows and is a cosine with relative positions"},
    {"timesformer", "a TimeSformer", kVideo},
    {"videomae", "a VideoMAE network", kVideo},
    {"vilt", "a ViLT network", "it reads pictures and text together"},
    {"vit_hybrid", "a hybrid ViT", "its patches come from a convolutional network"},
    {"vivit", "a ViViT network", kVideo},
    {"vjepa2", "a V-JEPA 2 network", kVideo},
};

}  // namespace

const ModelType* refused_model_type(const std::string& type) {
  const auto* found =
      std::find_if(std::begin(kTypes), std::end(kTypes), [&](const ModelType& t) { return type == t.type; });
  return found == std::end(kTypes) ? nullptr : found;
}

}  // namespace vit
