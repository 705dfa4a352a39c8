"""report.html: one page without anything from outside, the answer first, measured and predicted numbers never mixed."""
from __future__ import annotations

import html

from . import svg
from .forecast import Outlook, duration
from .model import Check, Model, doubt
from .phases import GROUPS, Point, base_of, efficiency, floor_ratios, karp_flatt
from .svg import COLOURS, Line

STYLE = """
:root{color-scheme:light}body{font:15px/1.5 system-ui,sans-serif;color:#1c2430;background:#f6f7f9;margin:0}
main{max-width:1180px;margin:0 auto;padding:28px 24px 60px}h1{font-size:24px;margin:0 0 4px}h2{font-size:18px;margin:34px 0 8px}
.meta,.note{color:#566070}.answer{background:#fff;border-left:5px solid #0b6e99;padding:14px 18px;font-size:17px;margin:18px 0}
.alarm{background:#fff1ef;border-left:5px solid #c0271b;padding:12px 18px;margin:14px 0}
.charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(440px,1fr));gap:18px}
figure{background:#fff;border:1px solid #dde2e8;margin:0;padding:12px}figcaption{font-weight:600;margin-bottom:4px}
svg{width:100%;height:auto;display:block}.key svg{display:inline-block;width:18px;height:12px;margin-right:5px}
svg text{font-size:11px;fill:#3c4654}.title{font-size:12px}.grid{stroke:#e8ebef}.axis{stroke:#8a94a0;fill:none}
.ideal{stroke:#8a94a0;stroke-width:1.5;stroke-dasharray:2 3;fill:none}.legend{margin:6px 0 0;font-size:13px}.key{margin-right:16px;white-space:nowrap}
.charts+.scroll{margin-top:14px}.scroll{overflow-x:auto}table{border-collapse:collapse;background:#fff;font-size:13.5px}th,td{border:1px solid #dde2e8;padding:4px 9px;text-align:right}
th{background:#eef1f4;font-weight:600}td:first-child,th:first-child{text-align:left}td{white-space:nowrap}td.text{text-align:left}
.predicted td,.predicted th{font-style:italic;background:#fbf7ee}.predicted th{background:#f3ead6}.tag{background:#a16207;color:#fff;font-size:12px;border-radius:3px;padding:1px 7px;font-style:normal}
.tag.m{background:#0b6e99}pre{background:#fff;border:1px solid #dde2e8;padding:8px 10px;white-space:pre-wrap;font-size:12.5px}
"""
MEASURED = '<span class="tag m">measured</span>'
PREDICTED = '<span class="tag">predicted</span>'


def esc(text) -> str:
    return html.escape(str(text))


def number(value, form=".3g") -> str:
    return "–" if value is None else format(value, form)


def serial_text(fraction) -> str:
    """A Karp-Flatt fraction; above 1 the ranks lose time, which Amdahl's law does not know."""
    return "–" if fraction is None else "above 1" if fraction > 1 else f"{fraction:.3f}"


def table(head, rows, css="") -> str:
    out = [f'<div class="scroll"><table class="{css}"><tr>' + "".join(f"<th>{esc(cell)}</th>" for cell in head) + "</tr>"]
    out += ["<tr>" + "".join(f"<td>{esc(cell)}</td>" for cell in row) + "</tr>" for row in rows]
    return "".join(out) + "</table></div>"


def best_by_ranks(points: list[Point], kind: str) -> list[Point]:
    """The fastest grid at every number of ranks."""
    mine = [p for p in points if p.kind == kind]
    return [min((p for p in mine if p.ranks == n), key=lambda p: p.seconds) for n in sorted({p.ranks for p in mine})]


def grids_of(points: list[Point], kind: str) -> dict:
    out = {}
    for p in points:
        if p.kind == kind:
            out.setdefault(p.case.split("_")[2], []).append(p)
    one = [p for ps in out.values() for p in ps if p.ranks == 1]  # one rank has one grid, where all lines begin
    return {grid: sorted(ps if ps[0].ranks == 1 or not one else ps + one, key=lambda p: p.ranks) for grid, ps in out.items()}


def scaling_charts(points: list[Point], kind: str) -> str:
    base = base_of(kind, points)
    if base is None:
        return ""
    ranks = sorted({p.ranks for p in points if p.kind == kind})
    lines, gains = [], []
    for i, (grid, ps) in enumerate(grids_of(points, kind).items()):
        colour = COLOURS[i % len(COLOURS)]
        label = f"grid {grid}"
        lines.append(Line(label, [(p.ranks, p.seconds) for p in ps], colour, spread=[(p.seconds, p.slowest) for p in ps]))
        values = [(p.ranks, efficiency(p, base) * (p.ranks / base.ranks if kind == "strong" else 1)) for p in ps]
        gains.append(Line(label, values, colour))
    if kind == "strong":
        lines.append(Line("ideal", [(n, base.seconds * base.ranks / n) for n in ranks], "", "ideal"))
        gains.append(Line("ideal", [(n, n / base.ranks) for n in ranks], "", "ideal"))
        second = svg.line_chart(f"Speed-up against {base.ranks} rank(s)", gains, "ranks", "speed-up", ranks)
    else:
        lines.append(Line("ideal", [(n, base.seconds) for n in ranks], "", "ideal"))
        gains.append(Line("ideal", [(n, 1.0) for n in ranks], "", "ideal"))
        second = svg.line_chart("Efficiency (of an iteration)", gains, "ranks", "efficiency", ranks, linear=True)
    first = svg.line_chart("Time of a run; bars: from the fastest to the slowest repeat", lines, "ranks", "seconds", ranks)
    return f'<h2>{kind.capitalize()} scaling {MEASURED}</h2><div class="charts">{first}{second}</div>' + scaling_table(points, kind, base)


def scaling_table(points, kind, base) -> str:
    rows = []
    for p in sorted((p for p in points if p.kind == kind), key=lambda p: (p.ranks, -p.time_groups)):
        e = efficiency(p, base)
        gain = e * p.ranks / base.ranks
        rows.append([p.label + (" *" if p.oversubscribed else ""), f"{p.seconds:.4g}", f"{p.median:.4g}", f"{p.solve_seconds:.4g}", p.iterations,
                     f"{gain:.3g}", f"{e:.1%}", serial_text(karp_flatt(gain, p.ranks / base.ranks) if kind == "strong" else None),
                     number(efficiency(p, base, lambda q: q.solve_seconds), ".1%"), f"{p.memory / 1e6:.1f}", p.repeats])
    note = '<p class="note">* more ranks than cores: they share them. Such runs are no part of the model.</p>' if any(p.oversubscribed for p in points) else ""
    return table(["ranks (time x space)", "best s", "median s", "of it solving s", "iterations", "speed-up", "efficiency", "Karp-Flatt serial fraction",
                  "efficiency of solving", "MB a rank (peak)", "repeats"], rows) + note


def phase_section(points: list[Point]) -> str:
    out = [f"<h2>Where the time goes {MEASURED}</h2>", '<div class="charts">']
    for kind in ("strong", "weak"):
        mine = sorted((p for p in points if p.kind == kind), key=lambda p: p.ranks)
        if mine:
            bars = [(f"{p.time_groups}x{p.ranks_in_space}", {g: s * p.ranks for g, s in p.groups.items()}) for p in mine]
            out.append(svg.stacked_bars(f"{kind.capitalize()}: core seconds by phase, a bar for each process grid (time x space)", bars, GROUPS, "seconds x ranks"))
    out.append("</div>")
    for kind in ("strong", "weak"):
        mine = sorted((p for p in points if p.kind == kind), key=lambda p: p.ranks)
        base = base_of(kind, points)
        if not mine:
            continue
        used = [g for g in GROUPS if any(p.groups[g] > 0 for p in mine)]
        rows = []
        for p in mine:
            cells = []
            for g in used:
                e = efficiency(p, base, lambda q, g=g: q.groups[g])
                counts = e is not None and p is not base and base.groups[g] > 0.005 * base.seconds
                cells.append(f"{p.groups[g]:.3g}" + (f" ({e:.0%})" if counts else ""))
            rows.append([p.label, *cells])
        out.append(f"<p>{kind.capitalize()}: seconds of a run, the mean over the ranks (in brackets the efficiency of the phase, where it takes time at all on the fewest ranks).</p>" + table(["ranks", *used], rows))
        rows = [[p.label, *(number(p.imbalance.get(g), ".2f") for g in used)] for p in mine]
        out.append("<p>Load imbalance: the largest rank over the mean. A rank that is late shows in the waiting of the others, in reductions and exchanges.</p>"
                   + table(["ranks", *used], rows))
    return "".join(out)


def traffic_section(points: list[Point]) -> str:
    used = [g for g in GROUPS if any(p.messages[g] > 0 or p.bytes[g] > 0 for p in points)]
    if not used:
        return ""
    rows = [[f"{p.kind} {p.label}", *(f"{p.messages[g]:.0f} / {p.bytes[g] / 1e6:.3g} MB" if p.messages[g] else
             (f"{p.phase('reductions')['calls']} calls" if g == "reductions" and p.phase("reductions") else "–") for g in used)] for p in points]
    return (f"<h2>Messages and bytes {MEASURED}</h2><p>Sent by all ranks together in one run.</p>" + table(["ranks", *used], rows))


def floor_section(points: list[Point]) -> str:
    rows, kinds = [], ("transforms", "transposition", "operator", "vector work", "reductions")
    for p in points:
        if p.floor:
            ratios = floor_ratios(p)
            rows.append([f"{p.kind} {p.label}", *(f"{ratios[k][0]:.3g}" if k in ratios else "–" for k in kinds),
                         f"{p.floor['triad_gb_per_s_rank']:.3g}", number(1e6 * p.floor["latency_s"] or None), number(p.floor["bandwidth_gb_per_s"] or None),
                         number(1e6 * p.floor["allreduce_s"] or None)])
    if not rows:
        return ""
    details = "".join(f"<li>{esc(p.kind)} {esc(p.label)}, {esc(k)}: {esc(text)}</li>" for p in points for k, (_, text) in floor_ratios(p).items())
    return (f"<h2>Beside the floors of this machine {MEASURED}</h2><p>How many times its floor a part of the run takes; the floors are measured beside every run "
            "on the same ranks by lacuna-floors: FFTW alone, the STREAM triad, bare MPI.</p>"
            + table(["ranks", *(f"{k}: x floor" for k in kinds), "triad GB/s a rank", "latency us", "ping-pong GB/s", "Allreduce us"], rows)
            + f"<details><summary>What was divided by what</summary><ul>{details}</ul></details>")


def validation_section(checks: list[Check], largest: list[Check], model: Model | None) -> str:
    out = ["<h2>The model, and runs that it had not seen</h2>"]
    if model is None:
        return out[0] + "<p>No run that could be used: no model.</p>"
    if not checks and not largest:
        out.append("<p>Fewer than two cases: nothing to hold out. Take the predictions for what they are.</p>")
    for title, list_ in (("Each case, predicted by a model fitted to all the others:", checks),
                         ("The cases on most ranks, predicted from those on fewer:", largest)):
        if list_:
            rows = [[c.case, f"{c.measured:.4g}", f"{c.predicted:.4g}", f"{c.error:+.1%}", c.fitted_to] for c in list_]
            worst = max(abs(c.error) for c in list_)
            out.append(f"<p>{title} largest error {worst:.1%}.</p>" + table(["case", "measured s", "predicted s", "error", "cases fitted to"], rows))
    rows = [[g, *(f"{c:.4g}" for c in model.coefficients[g])] for g in GROUPS if model.coefficients[g].any()]
    out.append("<details><summary>Fitted coefficients (docs/scaling.md has the formulas)</summary>" + table(["group", "first", "second"], rows) + "</details>")
    return "".join(out)


def outlook_section(outlook: Outlook) -> str:
    used = [g for g in GROUPS if any(f.groups[g] > 0 for f in outlook.table)]
    first = outlook.table[0]
    total = Line("predicted", [(f.ranks, f.seconds) for f in outlook.table], "#a16207", "predicted")
    ideal = Line("ideal", [(f.ranks, first.seconds * first.ranks / f.ranks) for f in outlook.table], "", "ideal")
    parts = [Line(g, [(f.ranks, f.groups[g] if f.groups[g] > 1e-9 else None) for f in outlook.table], svg.colour_of(g, GROUPS), "predicted") for g in used]
    rows = [[f.nodes, f.ranks, f"{f.layout.time_groups} x {f.layout.ranks_in_space}", duration(f.seconds), f"{f.efficiency:.1%}",
             f"{f.memory * outlook.ranks_per_node / 1e9:.3g}", *(f"{f.groups[g]:.3g}" for g in used)] for f in outlook.table]
    return (f"<h2>On a larger machine {PREDICTED}</h2><p>Nothing in this section was measured. {esc(outlook.network.title)}, {outlook.ranks_per_node} ranks a node.</p>"
            '<div class="charts">' + svg.line_chart("Predicted time of a run (strong scaling)", [total, ideal], "ranks", "seconds")
            + svg.line_chart("Predicted seconds of the phases", parts, "ranks", "seconds") + "</div>"
            + table(["nodes", "ranks", "time x space", "predicted time", "efficiency", "GB a node", *used], rows, "predicted")
            + "<p>Assumptions:</p><ul>" + "".join(f"<li>{esc(a)}</li>" for a in outlook.assumptions) + "</ul>")


def failures_section(data: dict) -> str:
    bad = [r for r in data["runs"] + data["floors"] if r["status"] != "done"]
    if not bad:
        return ""
    items = "".join(f"<p>{esc(r['case'])}, repeat {r['repeat']}: exit {esc(r.get('exit_code', '–'))}</p><pre>{esc(chr(10).join(r['stderr_tail']) or 'nothing on standard error')}</pre>"
                    for r in bad)
    return f'<h2>Runs that failed</h2><div class="alarm">{items}</div>'


def page(data: dict, points: list[Point], disagreements: list[str], model, checks, largest, outlook: Outlook | None) -> str:
    study = data["study"]["study"]
    alarm = "" if not disagreements else ('<div class="alarm"><b>The runs do not agree.</b> The same problem must have the same energy to 1e-10 on any ranks:<ul>'
                                          + "".join(f"<li>{esc(line)}</li>" for line in disagreements) + "</ul></div>")
    answer = f'<div class="answer">{PREDICTED} {esc(outlook.answer)}</div>' if outlook else ""
    doubts = doubt(checks + largest)
    if outlook and doubts:
        answer += f'<div class="alarm">{esc(doubts)}</div>'
    points = sorted(points, key=lambda p: (p.kind, p.ranks, -p.time_groups))
    runs = [r for r in data["runs"] if r["status"] == "done"]
    body = [f"<h1>Scaling of {esc(study['name'])}</h1>",
            f'<p class="meta">{esc(study["program"])} {esc(study["config"])}; {len(runs)} runs on {esc(data.get("host", "?"))}, {esc(data.get("date_utc", "?"))}</p>',
            answer, alarm, failures_section(data)]
    if points:
        body += [scaling_charts(points, "strong"), scaling_charts(points, "weak"), phase_section(points), traffic_section(points), floor_section(points),
                 validation_section(checks, largest, model)]
    if outlook:
        body.append(outlook_section(outlook))
    # An icon in the page itself: browsers ask for one otherwise, and complain where there is none.
    return ('<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="data:,"><title>Scaling of {esc(study["name"])}</title><style>{STYLE}</style></head><body><main>'
            + "".join(body) + "</main></body></html>\n")
