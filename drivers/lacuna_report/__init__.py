"""One self-contained HTML page about a run. Products are read, and charts drawn, by the modules of lacuna_plot.

cli        arguments, exit codes, writing
html       tags and escaping: whatever comes from a file passes through here
raster     a map as a PNG with a palette, from which the page can tell the value under the cursor; colour bars
views      which maps the page shows, at which resolution, in how many bytes
normality  residuals against N(0, 1), and randomised residuals of counts
verdict    in words: convergence, fit, residuals
charts     figures of matplotlib as SVG in the page's own colours
tables     configuration, provenance, performance, peaks
page       the page; page.css and page.js are what it looks like and what it does
"""
