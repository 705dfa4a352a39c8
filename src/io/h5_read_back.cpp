#include "io/h5_read_back.hpp"

#include <bit>

#include "io/h5_reader.hpp"
#include "io/window_part.hpp"

namespace lacuna {

std::uint64_t hashOfPart(const Cube& cube, const Window& window, PetscInt channel, Vec x) {
  const WindowPart part = windowPart(cube, window, channel);
  const ReadLocal values(x);
  std::uint64_t hash = 0xcbf29ce484222325;
  for (PetscInt f = 0; f < part.count[0]; ++f)
    for (PetscInt z = 0; z < part.count[2]; ++z)
      for (PetscInt y = 0; y < part.count[3]; ++y) {
        const PetscInt row = part.localRow(cube.box(), f, z, y);
        for (PetscInt i = 0; i < part.count[4]; ++i)
          hash = (hash ^ std::bit_cast<std::uint64_t>(values[row + i])) * 0x100000001b3;
      }
  return hash;
}

void requireReadBack(MPI_Comm comm, const std::string& path, const std::vector<WrittenField>& fields) {
  try {
    const H5Reader file(comm, path);  // sees by itself whether the file has its full length
    for (const WrittenField& field : fields) {
      const ScratchVec again = field.cube.space().scratch();
      file.readField(field.name, field.cube, field.window, field.channel, again);
      together(comm, [&] {
        if (hashOfPart(field.cube, field.window, field.channel, again) != field.hash)
          throw Error(path + ": dataset '" + field.name + "' is not what was written");
      });
    }
  } catch (const Error& e) {
    throw Error(ExitCode::IoError, std::string("read back after writing: ") + e.what());
  }
}

}  // namespace lacuna
