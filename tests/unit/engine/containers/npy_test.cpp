#include "app/files/npy_writer.h"

#include <gtest/gtest.h>

#include <cstring>

namespace headlight {
namespace {

TEST(Npy, HeaderAndDataAreAsNumpyDefinesThem) {
  const std::vector<float> values = {0.f, 1.5f, -2.f, 3.25f, 1e-30f, 6.f};
  const std::string bytes = encode_npy(values, {2, 3});
  ASSERT_GT(bytes.size(), 10u);
  EXPECT_EQ(bytes.substr(0, 8), std::string("\x93NUMPY\x01\x00", 8));
  const std::size_t header = static_cast<unsigned char>(bytes[8]) + 256u * static_cast<unsigned char>(bytes[9]);
  EXPECT_EQ((10 + header) % 64, 0u);
  EXPECT_EQ(bytes.substr(10, 61), "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3, ), }");
  EXPECT_EQ(bytes[10 + header - 1], '\n');
  ASSERT_EQ(bytes.size(), 10 + header + values.size() * sizeof(float));
  EXPECT_EQ(std::memcmp(bytes.data() + 10 + header, values.data(), values.size() * sizeof(float)), 0);
}

TEST(Npy, OneDimensionIsATupleOfOne) {
  const std::vector<float> values = {1.f, 2.f};
  EXPECT_NE(encode_npy(values, {2}).find("'shape': (2, ), }"), std::string::npos);
}

}  // namespace
}  // namespace headlight
