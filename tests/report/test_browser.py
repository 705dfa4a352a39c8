"""The page in a headless Chromium: no complaint, nothing loaded, zoom, drag, reset, value under the cursor, frames, themes."""
import os
import sys
import unittest

import browser
import matplotlib.image
import numpy as np
from reporting import ReportTest, products, write_movie

MAP, OTHER = "[data-name=kappa_E]", "[data-name=snr]"


class InBrowser(ReportTest):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser()

    @classmethod
    def tearDownClass(cls):
        cls.browser.close()

    def open(self, name):
        self.browser.errors.clear()
        self.browser.requests.clear()
        self.browser.open(self.path(name + ".html"))

    def tearDown(self):
        self.assertEqual(self.browser.errors, [])
        self.assertEqual(len(self.browser.requests), 1, self.browser.requests)  # the page itself

    def run_js(self, expression):
        return self.browser.run(expression)

    def centre(self, selector):
        """Window coordinates of the middle of a map, which is brought into view."""
        self.run_js(f"document.documentElement.style.scrollBehavior='auto';"
                    f"document.querySelector('{selector} .stage').scrollIntoView({{block: 'center'}})")
        self.run_js("new Promise(done => setTimeout(done, 400))")  # a wheel straight after scrolling is the page's
        return self.run_js(f"(b => [b.x + b.width / 2, b.y + b.height / 2, b.width])"
                           f"(document.querySelector('{selector} .stage').getBoundingClientRect())")

    def zoom(self, selector):
        return float(self.run_js(f"document.querySelector('{selector}').dataset.zoom"))

    def shift(self, selector):
        found = self.run_js(f"document.querySelector('{selector} .pan').style.transform")
        return [float(v) for v in found.split("(")[1].split(")")[0].replace("px", "").split(",")]

    def eventually(self, condition):
        """Chromium hands wheel events to the page with its next frame."""
        for _ in range(100):
            if condition():
                return
            self.run_js("new Promise(done => setTimeout(done, 50))")
        self.fail("it did not happen")

    def picture(self, name):
        self.browser.picture(self.path(name))
        pixels = matplotlib.image.imread(self.path(name))[:, :, :3]
        self.assertGreater(pixels.std(), 0.05, "the page is blank")
        return pixels

    def test_a_map_is_zoomed_dragged_and_reset(self):
        maps, _ = products.mass_map(60, 80)
        maps["mask"][...] = 1
        maps["kappa_E"][29:31, 39:41] = 0.1234
        products.write(self.path("m.h5"), maps, convergence=products.iterations())
        self.report("m")
        self.open("m")
        x, y, width = self.centre(MAP)
        before_picture = self.picture("before.png")
        self.browser.mouse("mouseMoved", x - 1, y - 1)
        self.eventually(lambda: "RA" in self.run_js(f"document.querySelector('{MAP} .readout').textContent"))
        said = self.run_js(f"document.querySelector('{MAP} .readout').textContent")
        self.assertRegex(said, r"^≈ 0\.12[234]\d*  ·  x (39|40), y (29|30)  ·  RA 150\.12\d\d°, Dec 2\.21\d\d°$")
        self.assertRegex(self.run_js(f"document.querySelector('{OTHER} .readout').textContent"), r"x (39|40), y (29|30)")
        for _ in range(3):
            self.browser.mouse("mouseWheel", x, y, deltaX=0, deltaY=-300)
        self.eventually(lambda: self.zoom(MAP) > 7)
        self.assertEqual(self.zoom(OTHER), self.zoom(MAP))  # maps of one grid move together
        self.assertGreater(float(np.abs(self.picture("zoomed.png") - before_picture).mean()), 0.02)
        before = self.shift(MAP)
        self.browser.mouse("mousePressed", x, y, button="left", clickCount=1)
        self.browser.mouse("mouseMoved", x + 40, y + 25, button="left", buttons=1)
        self.browser.mouse("mouseReleased", x + 40, y + 25, button="left", clickCount=1)
        self.eventually(lambda: self.shift(MAP) != before)
        after = self.shift(MAP)
        self.assertAlmostEqual(after[0] - before[0], 40, delta=1)
        self.assertAlmostEqual(after[1] - before[1], 25, delta=1)
        for count in (1, 2):
            self.browser.mouse("mousePressed", x, y, button="left", clickCount=count)
            self.browser.mouse("mouseReleased", x, y, button="left", clickCount=count)
        self.eventually(lambda: self.zoom(MAP) == 1)
        self.assertEqual(self.shift(MAP), [0, 0])
        self.run_js(f"document.querySelector('{MAP} .stage').focus()")
        self.browser.call("Input.dispatchKeyEvent", type="keyDown", key="+", text="+")
        self.eventually(lambda: self.zoom(MAP) == 1.5)

    def test_zooming_keeps_what_is_under_the_cursor(self):
        products.write(self.path("k.h5"), {"kappa_E": np.arange(60.0 * 80).reshape(60, 80)}, convergence=None)
        self.report("k")
        self.open("k")
        x, y, width = self.centre(MAP)
        place = (x + 0.21 * width, y - 0.13 * width)
        self.browser.mouse("mouseMoved", *place)
        text = f"document.querySelector('{MAP} .readout').textContent.split('·')[1]"
        self.eventually(lambda: self.run_js(text + " || ''"))
        before = self.run_js(text)
        self.browser.mouse("mouseWheel", *place, deltaX=0, deltaY=-250)
        self.eventually(lambda: self.zoom(MAP) > 2)
        self.assertEqual(self.run_js(text), before)

    def test_frames_turn(self):
        maps = write_movie(self.path("f.h5"), "tyx")
        self.report("f")
        self.open("f")
        source = "document.querySelector('[data-name=data] img').src"
        seen = set()
        for k in range(10):
            self.run_js(f"(s => {{ s.value = {k}; s.dispatchEvent(new Event('input')); }})(document.getElementById('step'))")
            seen.add(self.run_js(source))
            self.assertEqual(self.run_js("document.getElementById('step-label').textContent"), f"t = {k / 2:.4g} s")
        self.assertEqual(len(seen), len(maps["data"]))
        self.run_js("document.getElementById('play').click()")
        self.eventually(lambda: self.run_js("document.getElementById('step').value") not in ("9",))
        self.run_js("document.getElementById('play').click()")

    def test_light_dark_and_print(self):
        write_movie(self.path("x.h5"), "x")
        self.report("x")
        self.open("x")
        light = self.picture("light.png").mean()
        self.browser.dark()
        dark = self.picture("dark.png").mean()
        self.browser.dark(False)
        self.assertGreater(light, 0.8)
        self.assertLess(dark, 0.3)
        printed = self.browser.call("Page.printToPDF")["data"]
        self.assertGreater(len(printed), 20_000)

    def test_a_hostile_product_runs_no_script(self):
        evil = "</script><img src=x onerror='window.pwned=1'><script>window.pwned=1</script>"
        products.write(self.path("h.h5"), {"kappa_E": np.ones((4, 5))}, attributes={"program": evil},
                       convergence=(products.iterations()[0], {"method": evil, "stopped": evil}))
        self.report("h")
        self.open("h")
        self.run_js("new Promise(done => setTimeout(done, 200))")
        self.assertEqual(self.run_js("typeof window.pwned"), "undefined")
        self.assertTrue(self.run_js("document.body.textContent.includes('window.pwned=1')"))


if __name__ == "__main__":
    if browser.PROGRAM is None:
        print("SKIPPED: pages are NOT LOOKED AT in a browser, for there is no chromium (Debian: chromium)")
        sys.exit(77)
    os.environ.pop("DISPLAY", None)
    unittest.main()
