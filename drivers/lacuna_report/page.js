"use strict";
// Maps: wheel or pinch zooms, a drag pans, a double click resets; maps of one grid move together, and all tell the value under
// the cursor, which the colour of a pixel stands for (raster.py). One slider turns the frames of all movies.
(() => {
  const page = JSON.parse(document.getElementById("page-data").textContent);
  const views = [...document.querySelectorAll("[data-view]")].map((figure) => {
    const view = page.views[Number(figure.dataset.view)];
    const pick = (name) => figure.querySelector(name);
    const places = {stage: pick(".stage"), pan: pick(".pan"), img: pick("img"), readout: pick(".readout"), ruler: pick(".ruler"), cross: pick(".cross")};
    return Object.assign(view, places, {figure, pixels: null, drawn: null});
  });
  const links = new Map();  // one zoom for all maps of a grid: scale, and the centre as a fraction of the map
  for (const v of views) {
    if (!links.has(v.link)) links.set(v.link, {scale: 1, x: 0.5, y: 0.5, views: []});
    v.zoom = links.get(v.link);
    v.zoom.views.push(v);
    v.codes = new Map();
    for (let k = 1; k < 256; ++k) v.codes.set(parseInt(v.palette.substr(6 * k, 6), 16), k);
  }

  const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

  function place(link) {
    link.scale = clamp(link.scale, 1, 200);
    const half = 0.5 / link.scale;
    link.x = clamp(link.x, half, 1 - half);
    link.y = clamp(link.y, half, 1 - half);
    for (const v of link.views) {
      const width = v.stage.clientWidth, height = v.stage.clientHeight;
      const left = width * (0.5 - link.x * link.scale), top = height * (0.5 - link.y * link.scale);
      v.pan.style.transform = `translate(${left}px,${top}px) scale(${link.scale})`;
      v.img.style.imageRendering = width * link.scale / v.cells[1] >= 1.5 ? "pixelated" : "auto";
      v.figure.dataset.zoom = link.scale.toFixed(3);
      v.stage.classList.toggle("zoomed", link.scale > 1);
      rule(v, width);
    }
  }

  // A bar of round length, at most a quarter of the map.
  function rule(v, width) {
    const per = width * v.zoom.scale / (v.cells[1] * v.blocks[1]);
    if (!v.ruler || v.stretched || !(per > 0)) return;
    const unit = page.pixel_arcmin || 1, most = width / 4 / per * unit, power = 10 ** Math.floor(Math.log10(most));
    let length = power * [5, 2, 1].find((m) => m * power <= most), name = page.pixel_arcmin ? "\u2032" : " px";
    v.ruler.style.width = `${length / unit * per}px`;
    if (page.pixel_arcmin && length >= 60) { length /= 60; name = "\u00b0"; }
    if (page.pixel_arcmin && length < 1) { length *= 60; name = "\u2033"; }
    v.ruler.textContent = `${Number(length.toPrecision(3))}${name}`;
  }

  // Where a point of the stage lies on the map, as fractions from its upper left corner.
  function fraction(v, event) {
    const box = v.stage.getBoundingClientRect(), zoom = v.zoom;
    return [(event.clientX - box.left - box.width / 2) / box.width / zoom.scale + zoom.x,
            (event.clientY - box.top - box.height / 2) / box.height / zoom.scale + zoom.y];
  }

  function zoomAt(v, factor, at) {
    const zoom = v.zoom, scale = clamp(zoom.scale * factor, 1, 200), share = 1 - zoom.scale / scale;
    zoom.x += (at[0] - zoom.x) * share;
    zoom.y += (at[1] - zoom.y) * share;
    zoom.scale = scale;
    place(zoom);
  }

  function code(v, column, row) {
    if (v.drawn !== v.img.src) {
      const canvas = document.createElement("canvas");
      canvas.width = v.cells[1];
      canvas.height = v.cells[0];
      const pen = canvas.getContext("2d", {willReadFrequently: true});
      pen.drawImage(v.img, 0, 0);
      v.pixels = pen.getImageData(0, 0, v.cells[1], v.cells[0]).data;
      v.drawn = v.img.src;
    }
    const k = 4 * (row * v.cells[1] + column);
    if (v.pixels[k + 3] === 0) return 0;
    return v.codes.get(v.pixels[k] << 16 | v.pixels[k + 1] << 8 | v.pixels[k + 2]);
  }

  function format(value, step) {
    const size = Math.abs(value);
    if (size > 0 && (size < 1e-4 || size >= 1e6)) return value.toPrecision(3).replace("-", "\u2212");
    return value.toFixed(clamp(Math.ceil(-Math.log10(step || size || 1)), 0, 9)).replace("-", "\u2212");
  }

  const span = (first, last) => first === last ? `${first}` : `${first}\u2013${last}`;

  function sky(x, y) {
    const s = page.sky, u = (x + 1 - s.crpix[0]) * s.cdelt[0], w = (y + 1 - s.crpix[1]) * s.cdelt[1], rad = Math.PI / 180;
    let ra = s.crval[0] + u, dec = w;
    if (s.projection === "TAN") {  // Calabretta & Greisen 2002, 5.1.3
      const a = u * rad, b = w * rad, d = s.crval[1] * rad;
      ra = s.crval[0] + Math.atan2(a, Math.cos(d) - b * Math.sin(d)) / rad;
      dec = Math.asin(clamp((Math.sin(d) + b * Math.cos(d)) / Math.sqrt(1 + a * a + b * b), -1, 1)) / rad;
    }
    return `RA ${((ra % 360 + 360) % 360).toFixed(4)}\u00b0, Dec ${dec.toFixed(4).replace("-", "\u2212")}\u00b0`;
  }

  function tell(link, at) {
    for (const v of link.views) {
      const inside = at && at[0] >= 0 && at[0] < 1 && at[1] >= 0 && at[1] < 1;
      v.cross.hidden = !inside;
      if (!inside) { v.readout.textContent = ""; continue; }
      const column = Math.floor(at[0] * v.cells[1]), row = Math.floor(at[1] * v.cells[0]);
      const cx = v.flips[1] ? v.cells[1] - 1 - column : column, cy = v.flips[0] ? v.cells[0] - 1 - row : row;
      const range = (c, axis) => [c * v.blocks[axis], Math.min(v.shape[axis], (c + 1) * v.blocks[axis]) - 1], x = range(cx, 1), y = range(cy, 0);
      const k = code(v, column, row);
      const value = k === undefined ? "" : k === 0 ? "no value" : `\u2248 ${format(v.values[k], v.step)}${v.units}`;
      const where = v.axes === "tx" ? `x ${span(...x)}, frame ${v.rows[y[0]]}` : `x ${span(...x)}, y ${span(...y)}`;
      v.readout.textContent = `${value}  \u00b7  ${where}${page.sky ? "  \u00b7  " + sky((x[0] + x[1]) / 2, (y[0] + y[1]) / 2) : ""}`;
      v.cross.style.left = `${((at[0] - link.x) * link.scale + 0.5) * 100}%`;
      v.cross.style.top = `${((at[1] - link.y) * link.scale + 0.5) * 100}%`;
    }
  }

  // A wheel that is scrolling the page goes on doing so when a map comes under it.
  let scrolled = 0;
  addEventListener("scroll", () => { scrolled = performance.now(); }, {passive: true});

  for (const v of views) {
    const fingers = new Map(), stage = v.stage;
    stage.addEventListener("wheel", (event) => {
      const out = event.deltaY > 0 && v.zoom.scale <= 1;
      if (!event.ctrlKey && (out || performance.now() - scrolled < 250)) return;
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? 16 : event.deltaMode === 2 ? 400 : 1);
      zoomAt(v, Math.exp(-clamp(pixels, -300, 300) / 300), fraction(v, event));
      tell(v.zoom, fraction(v, event));
    }, {passive: false});
    stage.addEventListener("pointerdown", (event) => {
      fingers.set(event.pointerId, event);
      stage.setPointerCapture(event.pointerId);
    });
    stage.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      if (!before) { tell(v.zoom, fraction(v, event)); return; }
      const other = [...fingers.values()].find((f) => f.pointerId !== event.pointerId);
      if (other) {
        const gap = (a) => Math.hypot(a.clientX - other.clientX, a.clientY - other.clientY);
        zoomAt(v, gap(event) / Math.max(1, gap(before)), fraction(v, other));
      } else {
        v.zoom.x -= (event.clientX - before.clientX) / stage.clientWidth / v.zoom.scale;
        v.zoom.y -= (event.clientY - before.clientY) / stage.clientHeight / v.zoom.scale;
        place(v.zoom);
      }
      fingers.set(event.pointerId, event);
    });
    for (const name of ["pointerup", "pointercancel"]) stage.addEventListener(name, (event) => fingers.delete(event.pointerId));
    stage.addEventListener("pointerleave", () => tell(v.zoom, null));
    const reset = () => { Object.assign(v.zoom, {scale: 1, x: 0.5, y: 0.5}); place(v.zoom); };
    stage.addEventListener("dblclick", reset);
    stage.addEventListener("keydown", (event) => {
      const far = 0.1 / v.zoom.scale, moves = {ArrowLeft: [-far, 0], ArrowRight: [far, 0], ArrowUp: [0, -far], ArrowDown: [0, far]};
      if (event.key === "+" || event.key === "=") zoomAt(v, 1.5, [v.zoom.x, v.zoom.y]);
      else if (event.key === "-") zoomAt(v, 1 / 1.5, [v.zoom.x, v.zoom.y]);
      else if (event.key === "0" || event.key === "Escape") reset();
      else if (moves[event.key] && v.zoom.scale > 1) {
        v.zoom.x += moves[event.key][0];
        v.zoom.y += moves[event.key][1];
        place(v.zoom);
      } else return;
      event.preventDefault();
    });
  }

  const slider = document.getElementById("step");
  if (slider) {
    const label = document.getElementById("step-label"), play = document.getElementById("play");
    let timer = null;
    const turn = () => {
      const k = Number(slider.value), last = Number(slider.max);
      label.textContent = page.steps[k];
      slider.setAttribute("aria-valuetext", page.steps[k]);
      for (const v of views) {
        if (!v.frames) continue;
        const frame = v.frames[Math.round(k / Math.max(1, last) * (v.frames.length - 1))];
        v.img.src = `data:image/png;base64,${frame}`;
      }
    };
    const stop = () => { clearInterval(timer); timer = null; play.textContent = "\u25b6"; play.setAttribute("aria-label", "play"); };
    slider.addEventListener("input", turn);
    play.addEventListener("click", () => {
      if (timer) { stop(); return; }
      play.textContent = "\u275a\u275a";
      play.setAttribute("aria-label", "pause");
      timer = setInterval(() => { slider.value = (Number(slider.value) + 1) % (Number(slider.max) + 1); turn(); }, 120);
    });
    turn();
  }
  const marks = document.getElementById("marks");
  if (marks) marks.addEventListener("change", () => document.body.classList.toggle("unmarked", !marks.checked));

  const settle = () => links.forEach(place);
  addEventListener("resize", settle);
  settle();
  document.documentElement.classList.add("scripted");
})();
