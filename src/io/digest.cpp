#include "io/digest.hpp"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <climits>
#include <memory>
#include <vector>

#include "base/error.hpp"
#include "io/byte_file.hpp"

namespace lacuna {
namespace {

constexpr int digits = 64;  ///< of a hexadecimal SHA-256

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

/// Piece number `piece` of a file.
std::string hashPiece(const ByteFile& file, std::int64_t piece) {
  Sha256 hash;
  std::vector<char> buffer(std::size_t{1} << 22);
  const std::int64_t end = std::min(file.size(), (piece + 1) * digestPiece);
  for (std::int64_t at = piece * digestPiece; at < end;) {
    const std::int64_t n = std::min(end - at, static_cast<std::int64_t>(buffer.size()));
    file.read(at, n, buffer.data());
    hash.add(buffer.data(), static_cast<std::size_t>(n));
    at += n;
  }
  return hash.hex();
}

std::int64_t piecesOf(const InputDigest& file) {
  return std::max<std::int64_t>(1, (file.bytes + digestPiece - 1) / digestPiece);
}

}  // namespace

std::vector<InputDigest> digestFiles(MPI_Comm comm, const std::vector<std::string>& paths) {
  std::vector<InputDigest> out;
  std::vector<std::int64_t> sizes(paths.size());
  onRankZero(comm, [&] {
    for (std::size_t i = 0; i < paths.size(); ++i) sizes[i] = ByteFile(paths[i]).size();
  });
  checkMpi(MPI_Bcast(sizes.data(), static_cast<int>(sizes.size()), MPI_INT64_T, 0, comm));
  // All pieces of all files in one row, dealt out like cards.
  std::int64_t all = 0;
  for (std::size_t i = 0; i < paths.size(); ++i) {
    out.push_back({paths[i], sizes[i], {}});
    all += piecesOf(out.back());
  }
  if (all > INT_MAX / digits) throw Error(ExitCode::BadData, "the input files are too large to be identified");
  std::string hashes(static_cast<std::size_t>(all) * digits, '\0');
  together(comm, [&] {
    std::int64_t index = 0;
    for (const InputDigest& input : out) {
      ByteFile file;
      for (std::int64_t piece = 0; piece < piecesOf(input); ++piece, ++index) {
        if (index % sizeOf(comm) != rankOf(comm)) continue;
        if (file.path().empty()) file = ByteFile(input.path);
        if (file.size() != input.bytes) throw Error(ExitCode::IoError, input.path + ": changes while it is read");
        hashPiece(file, piece).copy(&hashes[static_cast<std::size_t>(index) * digits], digits);
      }
    }
  });
  checkMpi(MPI_Allreduce(MPI_IN_PLACE, hashes.data(), static_cast<int>(hashes.size()), MPI_BYTE, MPI_BOR, comm));
  std::size_t at = 0;
  for (InputDigest& input : out) {
    const std::string own = hashes.substr(at, static_cast<std::size_t>(piecesOf(input)) * digits);
    input.sha256 = own.size() == digits ? own : sha256(own);
    at += own.size();
  }
  return out;
}

InputDigest digestFile(MPI_Comm comm, const std::string& path) { return digestFiles(comm, {path}).front(); }

std::string sha256(const std::string& text) {
  Sha256 hash;
  hash.add(text.data(), text.size());
  return hash.hex();
}

}  // namespace lacuna
