#include "app/export/html.h"

#include "engine/base/utf8.h"

namespace headlight {
namespace {

constexpr std::string_view kStyle = R"(
:root { color-scheme: light; }
body { margin: 0 auto; max-width: 190mm; padding: 8mm; background: #fff; color: #181a20;
       font: 15px/1.5 Inter, system-ui, sans-serif; }
h1 { font-size: 24px; line-height: 1.25; margin: 0 0 4px; }
h2 { font-size: 17px; margin: 28px 0 6px; padding-top: 10px; border-top: 1px solid #d5d8de; }
p { margin: 6px 0; max-width: 75ch; }
.note { color: #5a5e68; font-size: 13px; }
pre { margin: 8px 0; padding: 8px 10px; background: #f3f4f6; border-radius: 4px; font-size: 12.5px;
      white-space: pre-wrap; overflow-wrap: anywhere; }
figure { margin: 10px 0; }
figure svg { display: block; max-width: 100%; height: auto; }
table { border-collapse: collapse; margin: 8px 0; font-size: 13px; font-variant-numeric: tabular-nums; }
th, td { padding: 3px 14px 3px 0; text-align: left; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { white-space: nowrap; overflow-wrap: normal; }
th { font-weight: 600; border-bottom: 1px solid #9aa0ab; white-space: nowrap; }
th.n, td.n { text-align: right; white-space: nowrap; }
tr + tr td { border-top: 1px solid #eceef1; }
@page { size: A4; margin: 14mm; }
@media print {
  body { padding: 0; max-width: none; font-size: 10.5pt; }
  h2 { break-after: avoid; }
  figure, tr, pre, .card { break-inside: avoid; }
}
)";

}  // namespace

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : vit::valid_utf8(std::string(text))) {
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      out += c;
    }
  }
  return out;
}

void HtmlPage::heading(std::string_view text) {
  body_ += "<h2>" + html_text(text) + "</h2>\n";
}

void HtmlPage::paragraph(std::string_view text) {
  body_ += "<p>" + html_text(text) + "</p>\n";
}

void HtmlPage::note(std::string_view text) {
  body_ += "<p class=\"note\">" + html_text(text) + "</p>\n";
}

void HtmlPage::command(std::string_view text) {
  body_ += "<pre>" + html_text(text) + "</pre>\n";
}

void HtmlPage::figure(const std::string& svg, std::string_view about) {
  const std::size_t begin = svg.find("<svg");  // behind the line that says that it is XML
  if (begin == std::string::npos) return;
  body_ += "<figure role=\"img\" aria-label=\"" + html_text(about) + "\">\n" + svg.substr(begin) + "</figure>\n";
}

void HtmlPage::table(const std::vector<std::vector<std::string>>& rows, std::size_t numbers_from) {
  body_ += "<table>\n";
  for (std::size_t row = 0; row < rows.size(); ++row) {
    const std::string_view cell = row == 0 ? "th" : "td";
    body_ += "<tr>";
    for (std::size_t column = 0; column < rows[row].size(); ++column) {
      body_ += "<" + std::string(cell) + (column >= numbers_from ? " class=\"n\">" : ">");
      body_ += html_text(rows[row][column]) + "</" + std::string(cell) + ">";
    }
    body_ += "</tr>\n";
  }
  body_ += "</table>\n";
}

void HtmlPage::begin_card() {
  body_ += "<section class=\"card\">\n";
}

void HtmlPage::end_card() {
  body_ += "</section>\n";
}

std::string HtmlPage::take() {
  const std::string title = html_text(title_);
  return "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"generator\" content=\"Headlight " HEADLIGHT_VERSION "\">\n<title>" +
         title + "</title>\n<style>" + std::string(kStyle) + "</style>\n</head>\n<body>\n<h1>" + title + "</h1>\n" +
         body_ + "</body>\n</html>\n";
}

}  // namespace headlight
