/// test_keys_doc FILE: fails unless FILE (docs/inputs.md) is what the table of keys generates.
/// test_keys_doc --write FILE: writes it.
#include "config/keys_doc.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
  const bool write = argc == 3 && std::string(argv[1]) == "--write";
  if (argc != 2 && !write) return fmt::print(stderr, "usage: test_keys_doc [--write] FILE\n"), 64;
  const std::string path = argv[argc - 1], wanted = lacuna::keysMarkdown();
  if (write) {
    std::ofstream file(path, std::ios::binary);
    return file << wanted && file.flush() ? 0 : 74;
  }
  std::ifstream file(path, std::ios::binary);
  const std::string there{std::istreambuf_iterator<char>(file), {}};
  if (there == wanted) return 0;
  fmt::print(stderr, "{} is not what the table of keys generates: run {} --write {}\n", path, argv[0], path);
  return 1;
}
