// A page of HTML, piece by piece: whatever comes from outside is escaped.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace headlight {

/// Text within an element or a quoted attribute; bytes that are no UTF-8 are replaced.
std::string html_text(std::string_view text);

class HtmlPage {
 public:
  explicit HtmlPage(std::string title) : title_(std::move(title)) {}

  void heading(std::string_view text);
  void paragraph(std::string_view text);
  void note(std::string_view text);     // smaller and fainter
  void command(std::string_view text);  // in a typewriter face
  /// An SVG file, which becomes a part of the page. `about` is read to those who cannot see it.
  void figure(const std::string& svg, std::string_view about);
  /// The first row names the columns. Columns from `numbers_from` on stand at the right.
  void table(const std::vector<std::vector<std::string>>& rows, std::size_t numbers_from);
  /// What follows until end_card() stays on one printed page if it can.
  void begin_card();
  void end_card();

  std::string take();

 private:
  std::string title_, body_;
};

}  // namespace headlight
