#version 330 core
// A patch map over the photo, by the sampling, range and colour rules of engine/maps/heatmap.h.
uniform sampler2D u_photo;
uniform sampler2D u_values;  // patch values, row-major, folded into rows of the texture's width
uniform sampler2D u_colors;  // 256 x 1
uniform int u_first;         // index of the map's first value
uniform int u_paint;         // index of its first plane: red, green, blue and cover; -1: its values have the table's colours
uniform ivec2 u_grid;        // columns, rows
uniform vec2 u_range;        // low, high
uniform bool u_smooth;
uniform int u_picture;       // 0: the photo, 1: the map over it, 2: the map
uniform float u_opacity;
uniform float u_clear;       // up to this value the photo stays as it is under the map
uniform bool u_about_zero;   // differences: what counts is their size
uniform float u_under;       // brightness of the grey photo under the map,
uniform float u_dim;         // and outside the box
uniform vec2 u_origin;       // pixel of the viewport's top left in the target
uniform vec2 u_photo_from, u_photo_step;  // photo coordinate (0 ... 1) = from + step * pixel
uniform vec2 u_map_from, u_map_step;      // patch coordinate = from + step * pixel
uniform vec3 u_background;
out vec4 o_color;

float value_at(int first, ivec2 patch_index) {
  ivec2 p = clamp(patch_index, ivec2(0), u_grid - 1);
  int index = first + p.y * u_grid.x + p.x;
  int width = textureSize(u_values, 0).x;
  return texelFetch(u_values, ivec2(index % width, index / width), 0).r;
}

float sample_map(int first, vec2 at) {
  if (!u_smooth) return value_at(first, ivec2(floor(at)));
  vec2 shifted = at - 0.5;
  ivec2 corner = ivec2(floor(shifted));
  vec2 t = shifted - vec2(corner);
  float top = mix(value_at(first, corner), value_at(first, corner + ivec2(1, 0)), t.x);
  float bottom = mix(value_at(first, corner + ivec2(0, 1)), value_at(first, corner + ivec2(1, 1)), t.x);
  return mix(top, bottom, t.y);
}

vec4 sample_paint(vec2 at) {
  int plane = u_grid.x * u_grid.y;
  return clamp(vec4(sample_map(u_paint, at), sample_map(u_paint + plane, at), sample_map(u_paint + 2 * plane, at),
                    sample_map(u_paint + 3 * plane, at)), 0.0, 1.0);
}

float position_in_range(float value) {
  return clamp((value - u_range.x) / (u_range.y - u_range.x), 0.0, 1.0);
}

vec3 color_at(float position) {
  return texelFetch(u_colors, ivec2(int(position * 255.0 + 0.5), 0), 0).rgb;
}

float overlay_weight(float value) {
  if (u_about_zero) return u_opacity * min(1.0, abs(value) / u_range.y);
  if (!(value > u_clear)) return 0.0;
  if (value >= u_range.y) return u_opacity;
  return u_opacity * sqrt((value - u_clear) / (u_range.y - u_clear));
}

void main() {
  vec2 pixel = gl_FragCoord.xy - u_origin;
  vec2 photo_at = u_photo_from + u_photo_step * pixel;
  vec2 map_at = u_map_from + u_map_step * pixel;
  bool on_photo = all(greaterThanEqual(photo_at, vec2(0.0))) && all(lessThan(photo_at, vec2(1.0)));
  bool on_map = all(greaterThanEqual(map_at, vec2(0.0))) && all(lessThan(map_at, vec2(u_grid)));
  vec3 photo = on_photo ? texture(u_photo, clamp(photo_at, 0.0, 1.0)).rgb : vec3(0.0);
  if (u_picture != 0) photo = vec3(dot(photo, vec3(0.299, 0.587, 0.114)));
  vec3 color = on_photo ? photo * u_dim : u_background;
  if (on_map && u_paint >= 0) {
    vec4 paint = sample_paint(map_at);
    vec3 under = u_picture == 0 ? photo : u_picture == 1 ? photo * u_under : vec3(0.0);
    color = mix(under, paint.rgb, u_picture == 0 ? 0.0 : u_picture == 1 ? u_opacity * paint.a : paint.a);
  } else if (on_map) {
    float value = sample_map(u_first, map_at);
    float weight = u_picture == 0 ? 0.0 : u_picture == 1 ? overlay_weight(value) : 1.0;
    color = mix(u_picture == 0 ? photo : photo * u_under, color_at(position_in_range(value)), weight);
  }
  o_color = vec4(color, 1.0);
}
