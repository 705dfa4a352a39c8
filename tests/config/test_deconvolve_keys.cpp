/// The configuration of lacuna-deconvolve: sections in sections, keys of two types, and what holds between keys.
#include "config/rules.hpp"
#include "config_testing.hpp"

using namespace lacuna;

namespace {

const std::string good = "[data]\nfile = \"cells.tif\"\n[psf]\nkind = \"gaussian\"\nsigma_px = 1.5\n";

Inputs deconvolve(const std::string& text, const std::vector<std::string>& settings = {}) {
  return Inputs::parseText(Program::Deconvolve, text, "run.toml", settings);
}
void bad(const std::string& more, const std::vector<std::string>& fragments) {
  expectError(ExitCode::BadConfig, fragments, [&] { deconvolve(good + more); });
}
void badSetting(const std::vector<std::string>& settings, const std::vector<std::string>& fragments) {
  expectError(ExitCode::BadConfig, fragments, [&] { deconvolve(good, settings); });
}

}  // namespace

BOOST_AUTO_TEST_CASE(defaults) {
  const Inputs in = deconvolve(good);
  BOOST_TEST(in.text("model.noise") == "poisson");
  BOOST_TEST(in.text("prior.space.kind") == "none");
  BOOST_TEST(in.text("prior.time.kind") == "none");
  BOOST_TEST(in.text("prior.time.on") == "x");
  BOOST_TEST(in.text("prior.time.innovations") == "white");
  BOOST_TEST(in.text("model.epochs") == "frames");
  BOOST_TEST((in.numbers("data.exposure") == std::vector<double>{1}));
  BOOST_TEST((in.numbers("data.background") == std::vector<double>{0}));
  BOOST_TEST(in.flag("psf.normalise"));
  BOOST_TEST(in.text("model.region") == "same");
  BOOST_TEST(wantedPositivity(in) == "bound");
  BOOST_TEST(wantedPositivity(deconvolve(good + "[model]\nnoise = \"gaussian\"\nnoise_sd = 1\n")) == "none");
}

BOOST_AUTO_TEST_CASE(sections_in_sections) {
  for (const std::string text :
       {"[prior.space]\nkind = \"smooth\"\nstrength = 0.5\n[prior.time]\nkind = \"random_walk\"\nsd = 2\n",
        "[prior]\nspace.kind = \"smooth\"\nspace.strength = 0.5\ntime.kind = \"random_walk\"\ntime.sd = 2\n"}) {
    const Inputs in = deconvolve(good + text);
    BOOST_TEST(in.text("prior.space.kind") == "smooth");
    BOOST_TEST(in.number("prior.space.strength") == 0.5);
    BOOST_TEST(in.number("prior.time.sd") == 2);
  }
  const Inputs set = deconvolve(good, {"prior.space.kind=smooth", "prior.space.strength=auto"});
  BOOST_TEST(set.isText("prior.space.strength"));
  bad("[prior.space]\nkin = \"smooth\"\n", {"run.toml:7:1: unknown key kin in [prior.space]: did you mean kind?"});
  bad("[prior.spac]\nkind = \"smooth\"\n", {"unknown section [prior.spac]: did you mean [prior.space]?"});
  bad("[prior]\nkind = \"smooth\"\n", {"unknown section [prior]"});
  bad("[prior]\nspace = 3\n", {"unknown section [prior]"});
  bad("prior = 3\n", {});
  bad("[prior.space.kind]\na = 1\n", {"[prior.space] kind: found a table"});
  badSetting({"prior.space.kin=smooth"}, {"unknown key kin", "did you mean kind"});
  badSetting({"prior.kind=smooth"}, {"unknown"});
}

BOOST_AUTO_TEST_CASE(keys_of_two_types) {
  const Inputs in = deconvolve(good, {"data.background=[1, 2.5]", "data.exposure=flat.fits", "data.gain=2"});
  BOOST_TEST((in.numbers("data.background") == std::vector<double>{1, 2.5}));
  BOOST_TEST(in.text("data.exposure") == "flat.fits");
  BOOST_TEST((in.numbers("data.gain") == std::vector<double>{2}));
  const Inputs again = Inputs::parseText(Program::Deconvolve, in.echo(), "run.toml");
  BOOST_TEST(again.text("data.exposure") == "flat.fits");
  BOOST_TEST((again.numbers("data.background") == in.numbers("data.background")));
  badSetting({"data.background=[]"}, {"a number or a list of numbers >= 0, or a string"});
  badSetting({"data.background=-1"}, {">= 0"});
  badSetting({"data.background=[1, -1]"}, {">= 0"});
  badSetting({"data.gain=0"}, {"> 0"});
  badSetting({"data.gain=true"}, {"found true"});
  badSetting({"psf.sigma_px=wide"}, {"a number or a list of numbers"});
  badSetting({"psf.center=peek"}, {"\"peak\", \"centroid\", \"middle\", or numbers in [0, 1000000]"});
  badSetting({"prior.space.kind=smooth", "prior.space.strength=weak"}, {"\"auto\", or a number > 0"});
}

BOOST_AUTO_TEST_CASE(rules) {
  badSetting({"data.axes=tyq"}, {"[data] axes", "'q' is no axis"});
  badSetting({"data.axes=t\u00e9x"}, {"'\u00e9' is no axis"});
  badSetting({"data.axes=tyyx"}, {"y stands twice"});
  badSetting({"data.axes=ty"}, {"no axis x"});
  badSetting({"data.axes=zx"}, {"needs an axis y"});
  badSetting({"data.frames=[3, 3]"}, {"nothing lies between 3 and 3"});
  badSetting({"data.frames=[0.5, 3]"}, {"whole numbers"});
  badSetting({"data.roi=[0, 10, 5]"}, {"must be [x0, x1]"});
  badSetting({"data.roi=[0, 10, 9, 5]"}, {"nothing lies between 9 and 5"});
  badSetting({"data.times=[0, 1, 1]"}, {"rise strictly"});
  badSetting({"psf.fwhm_px=2"}, {"fwhm_px is given too"});
  badSetting({"psf.kind=moffat"}, {"give fwhm_px"});
  badSetting({"psf.kind=file"}, {"missing key file in [psf]"});
  badSetting({"psf.kind=microscope", "psf.numerical_aperture=1.6", "psf.wavelength_nm=520", "psf.pixel_nm=65"},
             {"below the refractive index"});
  badSetting({"model.noise=gaussian"}, {"noise_sd"});
  badSetting({"model.noise=poisson-gaussian"}, {"read_noise"});
  badSetting({"model.noise=truncated-poisson"}, {"missing key ceiling in [model]"});
  badSetting({"solver.positivity=none"}, {"cannot be negative"});
  badSetting({"prior.space.kind=smooth"}, {"missing key strength in [prior.space]"});
  badSetting({"prior.time.kind=random_walk"}, {"missing key sd in [prior.time]"});
  badSetting({"prior.time.kind=random_walk", "prior.time.sd=1", "prior.time.on=log"}, {"positivity = \"exp\""});
  badSetting({"prior.time.kind=random_walk", "prior.time.sd=1", "model.epochs=stack"}, {"one image"});
  badSetting({"prior.space.kind=smooth", "prior.space.strength=auto", "prior.time.kind=total_variation",
              "prior.time.strength=auto"},
             {"only one strength"});
  badSetting({"solver.method=wiener"}, {"noise = \"gaussian\""});
  badSetting({"solver.method=wiener", "model.noise=gaussian", "model.noise_sd=1"}, {"\"smooth\" or \"gaussian\""});
  badSetting({"solver.method=pseudo-inverse", "data.mask=m.fits"}, {"no mask"});
  badSetting({"solver.method=richardson-lucy", "model.noise=gaussian", "model.noise_sd=1"}, {"Richardson-Lucy"});
  badSetting({"solver.method=richardson-lucy", "prior.space.kind=smooth", "prior.space.strength=1"}, {"no such prior"});
  badSetting({"model.boundary=periodic", "model.region=valid"}, {"beyond its edge"});
}

BOOST_AUTO_TEST_CASE(samples_need_a_posterior) {
  badSetting({"posterior.samples=10"}, {"[posterior] samples = 10", "without a prior"});
  badSetting({"posterior.samples=1", "prior.space.kind=gaussian"}, {"2 or more"});
  for (const char* kind : {"total_variation", "starlet", "entropy"})
    badSetting({"posterior.samples=10", "prior.space.strength=1", std::string("prior.space.kind=") + kind},
               {std::string(kind) + " is a penalty"});
  badSetting({"posterior.samples=10", "prior.time.kind=random_walk", "prior.time.sd=1"}, {"initial_sd"});
  deconvolve(good,
             {"posterior.samples=10", "prior.time.kind=random_walk", "prior.time.sd=1", "prior.time.initial_sd=9"});
  deconvolve(good, {"posterior.samples=10", "prior.space.kind=smooth", "prior.space.strength=1"});
  deconvolve(good, {"posterior.samples=10", "solver.method=richardson-lucy"});
}
