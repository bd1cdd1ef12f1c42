#include "app/gl/heatmap_painter.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "app/gl/gl_time.h"
#include "shaders.h"

namespace headlight::gl {

namespace {

constexpr int kValuesWidth = 1024;  // texels a row of the folded values

void filter(GLint minify, GLint magnify) {
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MIN_FILTER, minify);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_MAG_FILTER, magnify);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_S, GL_CLAMP_TO_EDGE);
  glTexParameteri(GL_TEXTURE_2D, GL_TEXTURE_WRAP_T, GL_CLAMP_TO_EDGE);
}

void upload_rgb(const Texture& texture, int width, int height, const void* rgb, int level = 0) {
  glBindTexture(GL_TEXTURE_2D, texture.name());
  glPixelStorei(GL_UNPACK_ALIGNMENT, 1);
  glTexImage2D(GL_TEXTURE_2D, level, GL_RGB8, width, height, 0, GL_RGB, GL_UNSIGNED_BYTE, rgb);
}

}  // namespace

HeatmapPainter::HeatmapPainter()
    : program_(shaders::kScreenVert, shaders::kHeatmapFrag),
      triangle_(VertexArray::make()),
      photo_(Texture::make()),
      values_(Texture::make()),
      colors_(Texture::make()) {
  const std::array<std::uint8_t, 3> black{};
  upload_rgb(photo_, 1, 1, black.data());
  filter(GL_LINEAR, GL_LINEAR);
  const float none = 0;
  upload_maps({&none, 1});
}

void HeatmapPainter::set_photo(const PhotoLevels& levels) {
  if (photo_level_ == levels.front()) return;
  photo_level_ = levels.front();
  const GlTime time;
  for (int level = 0; level < static_cast<int>(levels.size()); ++level) {
    const vit::Image& image = *levels[static_cast<std::size_t>(level)];
    upload_rgb(photo_, image.width, image.height, image.rgb.data(), level);
  }
  filter(GL_LINEAR_MIPMAP_LINEAR, GL_LINEAR);
}

void HeatmapPainter::set_colormap(vit::Colormap colormap) {
  if (colormap_ == colormap) return;
  colormap_ = colormap;
  const GlTime time;
  upload_rgb(colors_, 256, 1, vit::color_table(colormap).data());
  filter(GL_NEAREST, GL_NEAREST);
}

void HeatmapPainter::set_maps(const vit::MapSet& set) {
  if (set.serial == maps_) return;
  maps_ = set.serial;
  rows_ = set.rows;
  cols_ = set.cols;
  about_zero_ = set.scale == vit::Scale::about_zero;
  values_before_paint_ = static_cast<int>(set.values.size());
  if (set.paint.empty()) return upload_maps(set.values);
  std::vector<float> all = set.values;
  all.insert(all.end(), set.paint.begin(), set.paint.end());
  upload_maps(all);
}

void HeatmapPainter::upload_maps(std::span<const float> values) {
  const GlTime time;
  const int height = static_cast<int>((values.size() + kValuesWidth - 1) / kValuesWidth);
  glBindTexture(GL_TEXTURE_2D, values_.name());
  glPixelStorei(GL_UNPACK_ALIGNMENT, 4);
  glTexImage2D(GL_TEXTURE_2D, 0, GL_R32F, kValuesWidth, height, 0, GL_RED, GL_FLOAT, nullptr);
  filter(GL_NEAREST, GL_NEAREST);
  const int whole = static_cast<int>(values.size()) / kValuesWidth;
  const int rest = static_cast<int>(values.size()) % kValuesWidth;
  if (whole > 0) glTexSubImage2D(GL_TEXTURE_2D, 0, 0, 0, kValuesWidth, whole, GL_RED, GL_FLOAT, values.data());
  const float* tail = values.data() + static_cast<std::size_t>(whole) * kValuesWidth;
  if (rest > 0) glTexSubImage2D(GL_TEXTURE_2D, 0, 0, whole, rest, 1, GL_RED, GL_FLOAT, tail);
}

void HeatmapPainter::begin(const Canvas& canvas) {
  const GlTime time;
  canvas.bind();
  glDisable(GL_BLEND);
  glDisable(GL_SCISSOR_TEST);
  glDisable(GL_DEPTH_TEST);
  glDisable(GL_CULL_FACE);
  program_.use();
  glBindVertexArray(triangle_.name());
  int unit = 0;
  for (const auto& [texture, name] : {std::pair{&photo_, "u_photo"}, {&values_, "u_values"}, {&colors_, "u_colors"}}) {
    glActiveTexture(GL_TEXTURE0 + static_cast<GLenum>(unit));
    glBindTexture(GL_TEXTURE_2D, texture->name());
    glUniform1i(program_.uniform(name), unit++);
  }
}

void HeatmapPainter::draw(const Frame& frame, const Job& job) {
  const GlTime time;
  const double step_x = 1.0 / frame.scale;  // photo px a frame px
  const double step_y = frame.scale_y > 0 ? 1.0 / frame.scale_y : step_x;
  const double from_x = frame.photo_x, from_y = frame.photo_y;
  const double map_x = cols_ / job.box.width, map_y = rows_ / job.box.height;  // patches a photo px
  const auto f = [](double value) { return static_cast<float>(value); };
  glViewport(frame.x, frame.y, frame.width, frame.height);
  glUniform2f(program_.uniform("u_origin"), f(frame.x), f(frame.y));
  glUniform2f(program_.uniform("u_photo_from"), f(from_x / job.photo_width), f(from_y / job.photo_height));
  glUniform2f(program_.uniform("u_photo_step"), f(step_x / job.photo_width), f(step_y / job.photo_height));
  glUniform2f(program_.uniform("u_map_from"), f((from_x - job.box.x) * map_x), f((from_y - job.box.y) * map_y));
  glUniform2f(program_.uniform("u_map_step"), f(step_x * map_x), f(step_y * map_y));
  glUniform1i(program_.uniform("u_first"), job.map * rows_ * cols_);
  glUniform1i(program_.uniform("u_paint"), job.paint < 0 ? -1 : values_before_paint_ + static_cast<int>(job.paint));
  glUniform2i(program_.uniform("u_grid"), cols_, rows_);
  glUniform2f(program_.uniform("u_range"), job.range.low, job.range.high);
  glUniform1i(program_.uniform("u_smooth"), job.look.smooth ? 1 : 0);
  glUniform1f(program_.uniform("u_opacity"), job.look.opacity);
  glUniform1i(program_.uniform("u_picture"), static_cast<int>(job.look.picture));
  glUniform1f(program_.uniform("u_clear"), job.clear);
  glUniform1i(program_.uniform("u_about_zero"), about_zero_ ? 1 : 0);
  glUniform1f(program_.uniform("u_under"), vit::kUnderBrightness);
  glUniform1f(program_.uniform("u_dim"), vit::kOutsideBrightness);
  glUniform3f(program_.uniform("u_background"), job.background[0], job.background[1], job.background[2]);
  glDrawArrays(GL_TRIANGLES, 0, 3);
}

void HeatmapPainter::end() {
  const GlTime time;
  glBindVertexArray(0);
  glUseProgram(0);
  glActiveTexture(GL_TEXTURE0);
  bind_window();
}

}  // namespace headlight::gl
