// README.md's table of keys against the command table. It stands here because a window's bench holds OpenGL objects.
#include <gtest/gtest.h>
#include <imgui.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <string>

#include "app/panels/bench.h"
#include "app/window/commands.h"
#include "tests/gl/gl_context.h"

namespace headlight {
namespace {

/// What stands in backquotes in the first column of the table below "## Keys".
std::set<std::string> keys_in_readme() {
  std::ifstream readme(HEADLIGHT_SOURCE_DIR "/README.md");
  std::set<std::string> keys;
  bool in_section = false;
  for (std::string line; std::getline(readme, line);) {
    if (line.starts_with("## ")) in_section = line == "## Keys";
    if (!in_section || !line.starts_with("| ")) continue;
    const std::string cell = line.substr(0, line.find(" |", 2));
    for (auto from = cell.find('`'); from != std::string::npos; from = cell.find('`', from)) {
      const auto to = cell.find('`', from + 1);
      if (to == std::string::npos) break;
      keys.insert(cell.substr(from + 1, to - from - 1));
      from = to + 1;
    }
  }
  return keys;
}

TEST(Readme, TheTableOfKeysIsThatOfTheCommands) {
  const gl::OffscreenContext context;
  if (!context.works()) GTEST_SKIP() << "this system has no OpenGL without a display";
  ImGui::CreateContext();
  std::map<std::string, std::string> commands;  // by key
  {
    Session session({}, [] {});
    // Not on the stack, where GCC 12 takes what is made last for uninitialised should something before it throw.
    const std::unique_ptr<Bench> bench(new Bench{.ui = ui::Ui(1, UiMap(std::filesystem::path())),
                                                 .session = session,
                                                 .preferences = {},
                                                 .fetch = ModelFetch([] {}),
                                                 .summaries = FileSummaries([] {}),
                                                 .lab = LabDesk([] {})});
    add_commands(*bench);
    for (const Command& command : bench->commands.all())
      for (const Key& key : command.keys) commands[name_of(key)] = command.id + " (" + command.name + ")";
    for (int page = 1; page <= 9; ++page)  // one row for all of them, however many there are
      commands.emplace("Ctrl+" + std::to_string(page), "a page");
  }
  ImGui::DestroyContext();
  std::set<std::string> readme = keys_in_readme();
  EXPECT_TRUE(readme.contains("Ctrl+1") && readme.contains("Ctrl+9")) << "The keys of the pages have a row.";
  for (int page = 2; page <= 8; ++page) readme.insert("Ctrl+" + std::to_string(page));
  EXPECT_FALSE(readme.empty()) << "README.md has no table below \"## Keys\".";
  for (const auto& [key, command] : commands)
    EXPECT_TRUE(readme.contains(key)) << "README.md, table of keys: no row has `" << key << "`, which is " << command;
  for (const std::string& key : readme)
    EXPECT_TRUE(commands.contains(key)) << "README.md, table of keys: `" << key << "` belongs to no command.";
}

}  // namespace
}  // namespace headlight
