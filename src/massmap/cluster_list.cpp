#include "massmap/cluster_list.hpp"

#include <charconv>
#include <cmath>
#include <fstream>
#include <sstream>

namespace lacuna {
namespace {

double numberIn(const std::string& path, int line, const std::vector<std::string>& words, int column) {
  const auto c = static_cast<std::size_t>(column);
  const std::string where = "clusters " + path + ", line " + std::to_string(line);
  if (c >= words.size())
    throw Error(ExitCode::BadData, where + ": no column " + std::to_string(column) + " (counted from 0)");
  double value = 0;
  const char* end = words[c].data() + words[c].size();
  const auto [stop, error] = std::from_chars(words[c].data(), end, value);
  if (error != std::errc() || stop != end || !std::isfinite(value))
    throw Error(ExitCode::BadData,
                where + ", column " + std::to_string(column) + ": '" + words[c] + "' is not a number");
  return value;
}

}  // namespace

ClusterList readClusters(MPI_Comm comm, const std::string& path, int raColumn, int decColumn, const SkyGrid& sky) {
  std::vector<double> flat;
  onRankZero(comm, [&] {
    std::ifstream in(path);
    if (!in || in.peek() == std::ifstream::traits_type::eof())
      throw Error(ExitCode::NoInput, "cannot read the list of clusters " + path);
    std::string text;
    for (int line = 1; std::getline(in, text); ++line) {
      text = text.substr(0, text.find('#'));
      for (char& c : text)
        if (c == ',' || c == '\t' || c == '\r') c = ' ';
      std::istringstream split(text);
      std::vector<std::string> words;
      for (std::string word; split >> word;) words.push_back(word);
      if (words.empty()) continue;
      flat.push_back(numberIn(path, line, words, raColumn));
      flat.push_back(numberIn(path, line, words, decColumn));
    }
  });
  int n = static_cast<int>(flat.size());
  checkMpi(MPI_Bcast(&n, 1, MPI_INT, 0, comm));
  flat.resize(static_cast<std::size_t>(n));
  checkMpi(MPI_Bcast(flat.data(), n, MPI_DOUBLE, 0, comm));
  ClusterList list;
  for (std::size_t i = 0; i < flat.size(); i += 2) list.push_back(sky.pixelOf(flat[i], flat[i + 1]));
  return list;
}

}  // namespace lacuna
