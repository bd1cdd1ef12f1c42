// What exported files are called.
#include "app/export/file_names.h"

#include <gtest/gtest.h>

#include "app/files/assets.h"

namespace headlight {
namespace {

TEST(FileNames, PartsFromOutsideAreSafe) {
  const auto safe = [](const std::string& text) { return safe_name_part(text, 20, "photo"); };
  EXPECT_EQ(safe("moose"), "moose");
  EXPECT_EQ(safe("Élan 猫.v2"), "Élan-猫.v2");
  EXPECT_EQ(safe("../../etc/passwd"), "etc-passwd");
  EXPECT_EQ(safe("a b//c\\d:e*f?\"g\n"), "a-b-c-d-e-f-g");
  EXPECT_EQ(safe("a__b--c"), "a_b-c") << "two underscores part the parts of a name";
  EXPECT_EQ(safe(".hidden"), "hidden");
  EXPECT_EQ(safe("..."), "photo");
  EXPECT_EQ(safe(""), "photo");
  EXPECT_EQ(safe("-rf"), "rf") << "no option of a command";
  EXPECT_EQ(safe("abcdefghijklmnopqrs猫"), "abcdefghijklmnopqrs") << "cut between characters";
  EXPECT_EQ(safe("caf\xE9"), "caf\xEF\xBF\xBD");
}

TEST(FileNames, NetworksAreNamedByTheirFolderWhereTheFileIsCalledAsEveryonesIs) {
  EXPECT_EQ(network_name("/models/dinov2-small/model.safetensors"), "dinov2-small");
  EXPECT_EQ(network_name("/models/vit.b16/pytorch_model.bin"), "vit.b16");
  EXPECT_EQ(network_name("vit-b16.safetensors"), "vit-b16");
  EXPECT_EQ(network_name("model.safetensors"), "model");
  EXPECT_EQ(
      network_name(
          "/hub/models--facebook--dinov2-base/snapshots/f9e44c814b77203eaa57a6bdbbd535f21ede1415/model.safetensors"),
      "dinov2-base");
  EXPECT_EQ(network_name("random:C=24,L=2"), "random:C=24,L=2");
  EXPECT_EQ(network_name(default_model().string()),
            default_model().has_extension() ? default_model().stem().string() : default_model().filename().string());
}

}  // namespace
}  // namespace headlight
