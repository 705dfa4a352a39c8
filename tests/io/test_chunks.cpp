#include "field.hpp"
#include "folder.hpp"
#include "io/fletcher32.hpp"
#include "io/h5_reader.hpp"
#include "io/h5_writer.hpp"
#include "testing.hpp"

using namespace lacuna;

namespace {

const MPI_Comm world = MPI_COMM_WORLD;

}  // namespace

BOOST_AUTO_TEST_CASE(many_chunks_round_trip) {  // chunks that several ranks share, edge chunks
  const Folder folder;
  const auto write = [](MPI_Comm comm, const std::string& path, const Cube& cube, const Window& window) {
    const VecHandle x = cube.space().vec();
    fillNatural(cube, x);
    H5Writer file(comm, path);
    file.writeField("maps/a", cube, window, 0, x, "", "");
    file.close();
  };
  for (const Shape& shape : {Shape{1, 1, 1, 1103, 1201}, Shape{7, 1, 1, 310, 302}}) {
    const Window window{{0, 1, 2}, {1, shape.ny - 3, shape.nx - 2}};
    const Cube cube = cubeOf(shape, 1);
    write(world, folder / "big.h5", cube, window);
    const VecHandle y = cube.space().vec();
    H5Reader(world, folder / "big.h5").readField("maps/a", cube, window, 0, y, 0.5);
    BOOST_TEST(everywhere(isField(cube, window, 0, y, 0.5)));
    if (rankOf(world) == 0) {  // and the file is the same, byte by byte, on any number of ranks
      const Cube alone(std::make_shared<ProcessGrid>(MPI_COMM_SELF, 1, 1), shape);
      write(MPI_COMM_SELF, folder / "alone.h5", alone, window);
      BOOST_TEST((contentOf(folder / "alone.h5") == contentOf(folder / "big.h5")));
    }
  }
}

BOOST_AUTO_TEST_CASE(checksums) {  // against the definition, word by word
  const auto plain = [](const std::vector<unsigned char>& data) {
    std::uint64_t sum = 0, weighted = 0;
    for (std::size_t i = 0; i < data.size(); i += 2) {
      sum += 256u * data[i] + data[i + 1];
      weighted += sum;
    }
    const auto half = [](std::uint64_t n) {
      return n > 0 && n % 65535 == 0 ? 65535u : static_cast<unsigned>(n % 65535);
    };
    return half(weighted) << 16 | half(sum);
  };
  std::uint32_t state = 1;
  for (const std::size_t bytes : {0u, 2u, 30u, 32u, 34u, 11520u, 11522u, 23072u, 100000u})
    for (const int kind : {0, 1, 2}) {  // zeros, ones, anything
      std::vector<unsigned char> data(bytes);
      for (unsigned char& c : data)
        c = static_cast<unsigned char>(kind == 0 ? 0 : kind == 1 ? 255 : (state = 1664525 * state + 1013904223) >> 24);
      BOOST_TEST(fletcher32(data.data(), bytes) == plain(data), bytes << " bytes of kind " << kind);
    }
  const std::string text = "bacd";  // words 0x6261, 0x6364
  BOOST_TEST(fletcher32(text.data(), 4) == ((0x6261u * 2 + 0x6364u) % 65535 << 16 | (0x6261u + 0x6364u)));
}
