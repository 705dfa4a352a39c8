#pragma once
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "base/error.hpp"

/// A temporary folder that all ranks know, removed with everything in it by the destructor.
class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "lacuna-io-XXXXXX").string();
    lacuna::onRankZero(PETSC_COMM_WORLD, [&] {
      if (!mkdtemp(name.data())) throw lacuna::Error("mkdtemp failed");
    });
    path_ = lacuna::broadcast(PETSC_COMM_WORLD, name);
  }
  ~Folder() {
    MPI_Barrier(PETSC_COMM_WORLD);
    std::error_code ignored;
    if (lacuna::rankOf(PETSC_COMM_WORLD) == 0) std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

/// The exit code and text of what `work` throws; code Success if it throws nothing.
struct Outcome {
  lacuna::ExitCode code = lacuna::ExitCode::Success;
  std::string text;
  bool says(const std::string& part) const { return text.find(part) != std::string::npos; }
};
template <class F>
Outcome outcomeOf(F&& work) {
  try {
    work();
  } catch (const lacuna::Error& e) {
    return {e.code(), e.what()};
  }
  return {};
}
