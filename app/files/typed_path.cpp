#include "app/files/typed_path.h"

#include <cstdlib>
#include <system_error>

namespace headlight {

bool is_path(std::string_view typed) {
  return typed == "~" || typed == ".." || typed.find('/') != std::string_view::npos;
}

std::filesystem::path typed_path(std::string_view typed, const std::filesystem::path& folder) {
  std::filesystem::path path(typed);
  const char* home = std::getenv("HOME");
  if (home != nullptr && (typed == "~" || typed.rfind("~/", 0) == 0))
    path = std::string(home) + path.string().substr(1);
  return (folder / path).lexically_normal();  // a whole path replaces the folder
}

std::string free_name(const std::filesystem::path& folder, const std::string& name) {
  const std::filesystem::path whole(name);
  std::error_code error;
  std::string tried = name;
  for (int i = 2; std::filesystem::exists(folder / tried, error); ++i)
    tried = whole.stem().string() + "_" + std::to_string(i) + whole.extension().string();
  return tried;
}

}  // namespace headlight
