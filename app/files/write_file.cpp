#include "app/files/write_file.h"

#include "engine/base/output_file.h"

namespace headlight {

void write_file(const std::filesystem::path& file, std::string_view bytes) {
  vit::OutputFile output(file);
  output.write(bytes.data(), bytes.size());
  output.finish();
}

}  // namespace headlight
