#include "io/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <vector>

#include "base/error.hpp"

namespace lacuna {
namespace {

class Sha256 {
 public:
  Sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
    require(context_ && EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
  }
  void add(const void* data, std::size_t bytes) { require(EVP_DigestUpdate(context_.get(), data, bytes) == 1); }
  std::string hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    require(EVP_DigestFinal_ex(context_.get(), digest.data(), &size) == 1);
    std::string out;
    for (unsigned i = 0; i < size; ++i) {
      out += "0123456789abcdef"[digest[i] >> 4];
      out += "0123456789abcdef"[digest[i] & 15];
    }
    return out;
  }

 private:
  static void require(bool ok) {
    if (!ok) throw Error("OpenSSL cannot compute SHA-256");
  }
  std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context_;
};

}  // namespace

InputDigest digestFile(MPI_Comm comm, const std::string& path) {
  InputDigest out{path, 0, {}};
  onRankZero(comm, [&] {
    const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
    if (!file) throw Error(ExitCode::NoInput, path + ": " + std::strerror(errno));
    Sha256 hash;
    std::vector<char> piece(std::size_t{1} << 22);
    for (std::size_t n; (n = std::fread(piece.data(), 1, piece.size(), file.get())) > 0;) {
      hash.add(piece.data(), n);
      out.bytes += static_cast<std::int64_t>(n);
    }
    if (std::ferror(file.get())) throw Error(ExitCode::IoError, path + ": reading failed: " + std::strerror(errno));
    out.sha256 = hash.hex();
  });
  checkMpi(MPI_Bcast(&out.bytes, 1, MPI_INT64_T, 0, comm));
  out.sha256 = broadcast(comm, std::move(out.sha256));
  return out;
}

std::string sha256(const std::string& text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

std::vector<InputDigest> digestFiles(MPI_Comm comm, const std::vector<std::string>& paths) {
  std::vector<InputDigest> digests;
  for (const std::string& path : paths) digests.push_back(digestFile(comm, path));
  return digests;
}

}  // namespace lacuna
