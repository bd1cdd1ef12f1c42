// The libraries and the compiler that the engine was built with.
#pragma once

#include <string>
#include <vector>

namespace vit {

struct Library {
  std::string name, version;
};
std::vector<Library> engine_libraries();
std::string compiler_name();  // "g++ 12.2.0"

}  // namespace vit
