"""The report page: whole, from nowhere else, measured and predicted apart; and without a complaint in Chromium."""
import html.parser
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import synthetic  # noqa: F401  (finds the package)
from synthetic import point, study_points
from test_model import Settings

from lacuna_scaling import svg
from lacuna_scaling.forecast import outlook
from lacuna_scaling.model import Check, Model, largest_from_smaller, leave_one_out
from lacuna_scaling.report import page
from lacuna_scaling.study import KEYS

VOID = {"meta", "link", "br"}


class Balanced(html.parser.HTMLParser):
    """Every tag is closed, and nothing is fetched."""

    def __init__(self):
        super().__init__()
        self.open, self.seen = [], []

    def handle_starttag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.seen.append((tag, dict(attributes)))

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            raise AssertionError(f"</{tag}> closes nothing")


def make_page(points=None, failed=(), disagreements=(), checks=None):
    points = study_points() if points is None else points
    study = {table: {key: default for key, (_, default, _) in keys.items()} for table, keys in KEYS.items()}
    study["study"].update(name="a <b> & \"c\"", program="lacuna-deconvolve", config="c.toml")
    data = {"study": study, "runs": [{"status": "done", "case": "x", "repeat": 1}, *failed], "floors": []}
    model = Model(points) if points else None
    ahead = outlook(Settings({"model.network": "hdr"}), model, points[0], 8) if points else None
    return page(data, points, list(disagreements), model, leave_one_out(points) if checks is None else checks, largest_from_smaller(points), ahead)


class Page(unittest.TestCase):
    def test_is_whole_and_alone(self):
        for text in (make_page(), make_page([]), make_page([point(1, 1)]),
                     make_page(failed=[{"status": "failed", "case": "strong_2", "repeat": 1, "exit_code": 70, "stderr_tail": ["<boom> & bust"]}],
                               disagreements=["a has 1, b has 2"])):
            parser = Balanced()
            parser.feed(text)
            parser.close()
            self.assertEqual(parser.open, [])
            self.assertNotIn("<script", text)
            self.assertNotIn("nan", re.sub(r"<style>.*?</style>", "", text).lower().replace("nanos", ""))
            for tag, attributes in parser.seen:
                for key in ("src", "href"):
                    self.assertTrue(attributes.get(key, "data:").startswith("data:"), (tag, attributes))
            self.assertNotIn("a <b>", text)
            self.assertIn("a &lt;b&gt; &amp;", text)

    def test_measured_and_predicted_are_apart(self):
        text = make_page()
        self.assertLess(text.index('class="answer"'), text.index("Strong scaling"))
        measured, predicted = text.split("On a larger machine")
        self.assertIn("<circle", measured)
        self.assertNotIn("stroke-dasharray=\"5 4\"", measured)
        self.assertNotIn("<circle", predicted)
        self.assertIn("stroke-dasharray=\"5 4\"", predicted)
        self.assertIn('class="predicted"', predicted)
        self.assertIn("Assumptions", predicted)
        self.assertIn("Karp-Flatt", measured)

    def test_a_model_that_is_wrong_is_not_recommended(self):
        self.assertNotIn("Do not rely on this", make_page())
        text = make_page(checks=[Check("a", 1.0, 1.1, 3), Check("b", 10.0, 4.0, 3)])
        self.assertIn("by up to 60%", text)
        self.assertLess(text.index("Do not rely on this"), text.index("Strong scaling"))

    def test_failures_come_before_results(self):
        text = make_page(failed=[{"status": "failed", "case": "strong_2", "repeat": 1, "exit_code": 70, "stderr_tail": ["<boom>"]}],
                         disagreements=["a has 1, b has 2"])
        self.assertLess(text.index("&lt;boom&gt;"), text.index("Strong scaling"))
        self.assertLess(text.index("a has 1, b has 2"), text.index("Strong scaling"))

    def test_marks_are_where_the_numbers_are(self):
        chart = svg.Frame([1, 100], [1, 100], "x", "y")
        self.assertAlmostEqual(chart.x(10), (chart.x(1) + chart.x(100)) / 2)
        self.assertAlmostEqual(chart.y(10), (chart.y(1) + chart.y(100)) / 2)
        self.assertLess(chart.y(100), chart.y(1))
        bars = svg.stacked_bars("t", [("a", {"p": 3.0, "q": 1.0}), ("b", {"p": 1.0})], ("p", "q"), "s")
        heights = [float(h) for h in re.findall(r'height="([\d.]+)" fill="#\w+"><title>', bars)]
        self.assertEqual(len(heights), 3)
        self.assertAlmostEqual(heights[0] / heights[1], 3, delta=0.01)
        self.assertAlmostEqual(heights[0] / heights[2], 3, delta=0.01)

    def test_chromium_has_nothing_to_complain_about(self):
        browser = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        if browser is None:
            raise unittest.SkipTest("SKIPPED: no chromium in PATH: nobody has looked at the page")
        with tempfile.TemporaryDirectory(prefix="lacuna_page_") as folder:
            path = os.path.join(folder, "report.html")
            for text, complaints in ((make_page(), 0), (make_page().replace("</body>", "<img src='none.png'><script>console.error('x')</script></body>"), 1)):
                with open(path, "w", encoding="utf-8") as file:
                    file.write(text)
                ran = subprocess.run([browser, "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr", "--v=0",
                                      f"--user-data-dir={folder}/profile", "--window-size=1200,4000", "--virtual-time-budget=2000",
                                      f"--screenshot={folder}/page.png", "file://" + path], capture_output=True, text=True, timeout=200)
                found = [line for line in ran.stderr.splitlines() if "CONSOLE" in line]
                self.assertEqual(bool(found), bool(complaints), ran.stderr[-2000:])
                self.assertGreater(os.path.getsize(os.path.join(folder, "page.png")), 50_000)


if __name__ == "__main__":
    result = unittest.main(argv=["test_page"], exit=False).result
    for _, why in result.skipped:
        print(why)
    sys.exit(1 if not result.wasSuccessful() else 77 if result.skipped else 0)
