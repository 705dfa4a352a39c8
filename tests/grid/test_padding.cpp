#include <boost/test/unit_test.hpp>

#include "grid/padding.hpp"

using namespace lacuna;

BOOST_AUTO_TEST_CASE(extents_are_fast_and_large_enough) {
  BOOST_TEST(paddedExtent(131, 1) == 131);  // periodic: never rounded
  BOOST_TEST(paddedExtent(10, 1.1) == 12);
  BOOST_TEST(paddedExtent(50, 1.1) == 56);
  BOOST_TEST(paddedExtent(131, 2) == 270);
  BOOST_TEST(paddedExtent(1, 2) == 2);
  BOOST_TEST(paddedExtent(512, 2) == 1024);
  BOOST_TEST(paddedExtent(11, 1.01) == 12);
  BOOST_CHECK_THROW(paddedExtent(100, 0.5), Error);
  BOOST_CHECK_THROW(paddedExtent(2000000000, 8e9), Error);
}

BOOST_AUTO_TEST_CASE(the_window_is_in_the_middle) {
  const PaddedImage p = paddedImage(30, 41, 2);
  BOOST_TEST((p.shape == Shape{1, 1, 1, 60, 84}));
  BOOST_TEST(
      (p.window.start[1] == 15 && p.window.start[2] == 21 && p.window.count[1] == 30 && p.window.count[2] == 41));
  const PaddedImage same = paddedImage(30, 41, 1);
  BOOST_TEST((same.shape == Shape{1, 1, 1, 30, 41} && same.window.start[1] == 0 && same.window.start[2] == 0));
}
