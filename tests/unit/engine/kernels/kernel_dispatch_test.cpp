#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/kernels/kernels.h"

namespace vit {
namespace {

TEST(KernelDispatch, EveryAvailableNameHasItsTable) {
  const std::vector<std::string> names = available_instruction_sets();
  ASSERT_FALSE(names.empty());
  for (const std::string& name : names) {
    const KernelTable* table = kernels_by_name(name);
    ASSERT_NE(table, nullptr) << name;
    EXPECT_EQ(name, table->name);
    EXPECT_GE(table->panel, 1) << name;
    EXPECT_GE(table->row_block, 1) << name;
  }
  EXPECT_THAT(names, testing::Contains(kernels().name));
  EXPECT_EQ(names.back(), "reference");
}

TEST(KernelDispatch, UnknownNameHasNoTable) {
  EXPECT_EQ(kernels_by_name("mmx"), nullptr);
  EXPECT_EQ(kernels_by_name(""), nullptr);
}

}  // namespace
}  // namespace vit
