#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "config/inputs.hpp"
#include "config/precheck.hpp"

namespace lacuna {

std::string readConfigFile(const std::string& path) {
  namespace fs = std::filesystem;
  const auto unreadable = [&](const std::string& why) {
    return Error(ExitCode::NoInput, fmt::format("{}: cannot read the configuration: {}", path, why));
  };
  std::error_code failure;
  const auto status = fs::status(path, failure);
  if (status.type() == fs::file_type::not_found) throw unreadable("no such file");
  if (failure) throw unreadable(failure.message());
  if (fs::is_directory(status)) throw unreadable("it is a folder");
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  if (!file) throw unreadable(errno ? std::strerror(errno) : "it cannot be opened");
  // One byte more than allowed shows that there is more; a pipe has no size to ask for.
  std::string text(maxConfigBytes + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (file.bad()) throw unreadable("reading failed");
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() > maxConfigBytes)
    throw Error(ExitCode::BadConfig, fmt::format("{}: larger than 1 MiB: this is no configuration", path));
  return text;
}

}  // namespace lacuna
