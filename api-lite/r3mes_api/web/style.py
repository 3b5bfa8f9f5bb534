"""The status page's looks: the colours of the launcher, in light and dark."""

from __future__ import annotations

LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64" width="44" height="44" aria-hidden="true">'
    '<rect x="2" y="2" width="60" height="60" rx="15" fill="#3152c8"/><g fill="none" stroke="#ffffff" stroke-width="4" '
    'stroke-linecap="round" stroke-linejoin="round"><path d="M20 46V18h14a9 9 0 0 1 0 18H20M33 36l11 10"/></g>'
    '<circle cx="20" cy="46" r="5" fill="#ffffff"/><circle cx="44" cy="46" r="5" fill="#9db4ff"/>'
    '<circle cx="20" cy="18" r="5" fill="#ffffff"/></svg>'
)

STYLE = """
:root{--window:#f5f6f8;--surface:#fff;--border:#dde1e8;--text:#1a1d23;--muted:#596170;--accent:#3152c8;
--neutral-soft:#eceef2;--good:#1f7a3a;--good-soft:#e3f4e8;--warning:#8a5200;--warning-soft:#fdf1dc;--bad:#b42323;
--bad-soft:#fce8e8}
@media (prefers-color-scheme:dark){:root{--window:#15171c;--surface:#1d2027;--border:#2e333d;--text:#e8ebf0;
--muted:#a0a8b6;--accent:#8fa8ff;--neutral-soft:#2a2f39;--good:#6fd28b;--good-soft:#1a3023;--warning:#f2b866;
--warning-soft:#35291a;--bad:#ff9292;--bad-soft:#3a2023}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:72rem;padding:1.5rem 1.25rem 2rem;background:var(--window);color:var(--text);
font:15px/1.5 system-ui,"DejaVu Sans",sans-serif;font-variant-numeric:tabular-nums}
header{display:flex;align-items:center;gap:.9rem}
header div{flex:1;min-width:0}
h1{margin:0;font-size:1.3rem;line-height:1.3}
h2{margin:0 0 .75rem;font-size:1rem}
header p,footer p{margin:0;color:var(--muted)}
header p{overflow-wrap:anywhere}
.sentence{margin:1.1rem 0;font-size:1.05rem}
.badge{display:inline-block;padding:.15rem .65rem;border-radius:1rem;font-size:.85rem;font-weight:600;
white-space:nowrap;background:var(--neutral-soft);color:var(--muted)}
.badge.good{background:var(--good-soft);color:var(--good)}
.badge.warning{background:var(--warning-soft);color:var(--warning)}
.badge.bad{background:var(--bad-soft);color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(12rem,1fr));gap:.9rem;margin:0 0 .9rem}
.tiles div,section{background:var(--surface);border:1px solid var(--border);border-radius:12px;padding:1rem 1.1rem}
dt{color:var(--muted);font-size:.88rem}
dd{margin:0}
dd b{display:block;font-size:1.7rem;line-height:1.3;font-weight:600}
dd span,.more,.empty,figcaption{color:var(--muted);font-size:.88rem}
section{margin:0 0 .9rem}
.empty,.more{margin:0}
.more{margin-top:.6rem}
figure{margin:0}
figure svg{display:block;width:100%;height:6rem;border-bottom:1px solid var(--border);fill:var(--accent)}
figcaption{display:flex;justify-content:space-between;margin-top:.35rem}
.scroll{overflow-x:auto}
.scroll:focus-visible,a:focus-visible{outline:2px solid var(--accent);outline-offset:2px;border-radius:4px}
table{width:100%;border-collapse:collapse;font-size:.92rem}
th{color:var(--muted);font-weight:500;text-align:left;white-space:nowrap}
th,td{padding:.5rem .9rem .5rem 0;border-bottom:1px solid var(--border);vertical-align:top}
th:last-child,td:last-child{padding-right:0}
tbody tr:last-child td{border-bottom:0}
td{overflow-wrap:anywhere}
@media (max-width:52rem){table{min-width:44rem}td,th{padding-right:1.1rem}}
td small{display:block;color:var(--muted);font-size:.85em}
.bar{display:block;width:100%;max-width:16rem;height:.45rem;margin:.4rem 0 .25rem;border-radius:.25rem;
background:var(--neutral-soft)}
.bar .gpu{fill:var(--accent)}
.bar .cpu{fill:var(--accent);opacity:.45}
.bar .disk{fill:var(--muted);opacity:.4}
.n{text-align:right;white-space:nowrap}
code{font:.92em ui-monospace,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
footer{display:flex;flex-wrap:wrap;justify-content:space-between;gap:.5rem 1.5rem;padding:.5rem .2rem 0;
font-size:.88rem}
footer nav{display:flex;flex-wrap:wrap;gap:0 1.1rem}
a{color:var(--accent)}
"""
