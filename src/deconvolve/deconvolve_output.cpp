#include "deconvolve/deconvolve_output.hpp"

#include "io/fits_stack.hpp"
#include "io/tiff_image.hpp"

namespace lacuna {

DeconvolveOutput::DeconvolveOutput(MPI_Comm comm, const std::string& program, const std::filesystem::path& folder,
                                   const std::string& name, const ImageFormats& formats, bool withStd, bool overwrite)
    : product_(comm, program, folder, name, overwrite),
      program_(program),
      log_((folder / (name + ".jsonl")).string()),
      withStd_(withStd) {
  for (const bool fits : {true, false})
    for (const std::string map : {"estimate", "model", "residual", "std"})
      if ((fits ? formats.fits : formats.tiff) && (withStd || map != "std"))
        images_.push_back(
            {map, fits, OutputFile(comm, folder / (name + "_" + map + (fits ? ".fits" : ".tif")), overwrite)});
}

void DeconvolveOutput::requireSpace(const Cube& data, const Cube& unknown) const {
  const auto images = static_cast<std::int64_t>(images_.size());
  product_.requireSpace(8 * ((4 + images) * data.shape().size() + (withStd_ ? 3 : 2) * unknown.shape().size()));
}

std::vector<std::string> DeconvolveOutput::commit(const ImagingModel& model, const DeconvolveResults& results,
                                                  const ProductStack& stack) {
  std::vector<std::string> paths;
  for (Image& image : images_) {
    const bool datum = image.map == "model" || image.map == "residual";
    const Cube& cube = datum ? model.data.cube : model.unknown;
    const Window window = datum ? model.dataWindow() : model.unknownWindow();
    const Vec x = image.map == "estimate" ? results.estimate.x
                  : image.map == "std"    ? results.std
                  : image.map == "model"  ? results.estimate.mean
                                          : results.residual;
    const FitsLabels labels{image.map == "residual" ? "1" : "count", "", image.map, program_};
    if (image.fits)
      writeFitsStack(image.file, cube, window, 0, x, labels, datum ? stack.fitsCards : stack.estimateCards);
    else
      writeTiffStack(image.file, cube, window, 0, x, program_ + " " + image.map);
  }
  for (Image& image : images_) {
    image.file.commit();
    paths.push_back(image.file.path());
  }
  product_.commit();  // the last: who sees NAME.h5 has everything
  paths.insert(paths.begin(), product_.path());
  return paths;
}

}  // namespace lacuna
