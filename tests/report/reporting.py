"""Runs lacuna-report, in this process or as a program, and reads the page it wrote."""
import contextlib
import html.parser
import io
import json
import os
import sys

HERE = os.path.dirname(os.path.realpath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "plot")]

import running  # noqa: E402  (finds the packages of drivers/, makes warnings errors)
import products  # noqa: E402,F401
from test_movies import write as write_movie  # noqa: E402,F401

from lacuna_report import cli  # noqa: E402

PROGRAM = os.path.join(running.DRIVERS, "lacuna-report")
VOID = {"meta", "link", "img", "br", "input"}


class Page(html.parser.HTMLParser):
    """Tags in order, text by section, scripts; complains of what is not well formed."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.source, self.tags, self.open, self.text, self.scripts, self.rows = source, [], [], {}, [], []
        self.section, self.inside_svg = "header", 0
        self.feed(source)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, name, attributes):
        attributes = dict(attributes)
        self.tags.append((name, attributes))
        if name == "section":
            self.section = attributes["id"]
        if name == "script":
            self.scripts.append([attributes, ""])
        if name == "tr":
            self.rows.append([])
        if name in ("td", "th"):
            self.rows[-1].append("")
        if name not in VOID:
            self.open.append(name)

    def handle_startendtag(self, name, attributes):  # <path/> of SVG
        self.tags.append((name, dict(attributes)))

    def handle_endtag(self, name):
        assert self.open and self.open[-1] == name, (name, self.open[-5:])
        self.open.pop()

    def handle_data(self, content):
        if self.open and self.open[-1] == "script":
            self.scripts[-1][1] += content
        elif self.open and self.open[-1] != "style":
            self.text[self.section] = self.text.get(self.section, "") + content
            if "td" in self.open or "th" in self.open:
                self.rows[-1][-1] += content

    @property
    def facts(self):
        return json.loads(next(content for attributes, content in self.scripts if attributes.get("id") == "page-data"))

    def row(self, first):
        return next(row for row in self.rows if row and row[0] == first)

    def named(self, name):
        """The attributes of all tags of a name."""
        return [attributes for tag, attributes in self.tags if tag == name]


class ReportTest(running.PlotTest):
    def run_report(self, *arguments, code=0):
        """cli.main in this process, warnings being errors: stdout and stderr."""
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            got = cli.main([str(a) for a in arguments])
        self.assertEqual(got, code, out.getvalue() + err.getvalue())
        self.assertEqual(len(err.getvalue().splitlines()), 1 if code else 0, err.getvalue())
        self.assertFalse([name for name in os.listdir(self.folder) if name.endswith(".tmp")])
        return out.getvalue(), err.getvalue()

    def report(self, name, *arguments):
        """The page of a product NAME.h5."""
        self.run_report(self.path(name + ".h5"), "--overwrite", *arguments)
        with open(self.path(name + ".html"), encoding="utf-8") as file:
            return Page(file.read())
