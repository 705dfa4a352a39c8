#include "io/sky_wcs.hpp"

#include <wcslib/wcs.h>
#include <wcslib/wcshdr.h>
#include <wcslib/wcsmath.h>

#include <cstdio>
#include <cstdlib>
#include <memory>

#include "base/failure.hpp"

namespace lacuna {
namespace {

void require(int status, const char* doing) {
  if (status != 0) throw Error(std::string("WCSLIB cannot ") + doing + ": " + wcs_errmsg[status]);
}
template <std::size_t N>
void put(char (&to)[N], const std::string& text) {
  std::snprintf(to, N, "%s", text.c_str());
}
struct Free {
  void operator()(wcsprm* wcs) const {
    wcsfree(wcs);
    delete wcs;
  }
};

}  // namespace

std::vector<std::string> headerCards(const SkyWcs& wcs) {
  const std::unique_ptr<wcsprm, Free> header(new wcsprm{});
  header->flag = -1;  // WCSLIB: memory not yet initialised
  require(wcsini(1, 2, header.get()), "make a header");
  put(header->ctype[0], wcs.ctype1);
  put(header->ctype[1], wcs.ctype2);
  put(header->cunit[0], "deg");
  put(header->cunit[1], "deg");
  header->crpix[0] = wcs.crpix1;
  header->crpix[1] = wcs.crpix2;
  header->crval[0] = wcs.crval1;
  header->crval[1] = wcs.crval2;
  header->cdelt[0] = wcs.cdelt1;
  header->cdelt[1] = wcs.cdelt2;
  header->mjdref[0] = header->mjdref[1] = UNDEFINED;  // no time axis: no MJDREF card
  put(header->radesys, wcs.radesys);
  require(wcsset(header.get()), "accept the world coordinates");
  int count = 0;
  char* text = nullptr;
  require(wcshdo(WCSHDO_safe | WCSHDO_P17, header.get(), &count, &text), "write the header");
  const std::unique_ptr<char, void (*)(void*)> owned(text, std::free);
  std::vector<std::string> cards;
  for (int i = 0; i < count; ++i) cards.emplace_back(text + 80 * i, 80);
  return cards;
}

}  // namespace lacuna
