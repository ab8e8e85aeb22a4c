/** The card's only style sheet. Colours have a contrast of at least 4.5 (text) and 3 (lines and bars) in both schemes. */
export const CARD_STYLE = `
:root { color-scheme: light dark; --page: #ffffff; --ink: #1a1d21; --soft: #4f5965; --rule: #d5dae0; --panel: #f4f6f8;
  --accent: #0b5cad; --second: #a23b00; --mark: #6a2c91; --track: #dfe5eb; --good: #17692f; --bad: #b3141d; }
@media (prefers-color-scheme: dark) {
  :root { --page: #14171a; --ink: #e6e9ec; --soft: #aab4be; --rule: #3a424b; --panel: #1d2227;
    --accent: #7cb8ff; --second: #ffb27a; --mark: #d7a6f5; --track: #333c45; --good: #7fd694; --bad: #ff9a97; }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
main, header, footer { max-width: 72rem; margin: 0 auto; padding: 0 1rem; }
header { padding-top: 1.5rem; }
footer { padding-bottom: 2rem; color: var(--soft); font-size: 0.875rem; }
h1 { font-size: 1.6rem; line-height: 1.2; margin: 0 0 0.5rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.25rem 0 0.5rem; padding-top: 0.75rem; border-top: 1px solid var(--rule); }
h3 { font-size: 1.05rem; margin: 1.5rem 0 0.5rem; }
p, ul { max-width: 46rem; margin: 0.5rem 0; overflow-wrap: anywhere; }
nav ul { display: flex; flex-wrap: wrap; gap: 0.25rem 1rem; padding: 0; list-style: none; max-width: none; }
a { color: var(--accent); }
.soft, .note { color: var(--soft); }
.good { color: var(--good); font-weight: 600; }
.bad { color: var(--bad); font-weight: 600; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(10.5rem, 1fr)); gap: 0.5rem; margin: 0.75rem 0; }
.facts div { background: var(--panel); border: 1px solid var(--rule); border-radius: 6px; padding: 0.5rem 0.75rem; min-width: 0; }
dt { color: var(--soft); font-size: 0.85rem; }
dd { margin: 0; font-weight: 600; overflow-wrap: anywhere; }
dd small { display: block; font-weight: 400; color: var(--soft); font-size: 0.8rem; }
.pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 20rem), 1fr)); gap: 0 2rem; align-items: start; }
.scroll { overflow-x: auto; margin: 0 0 0.75rem; }
.scroll:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
table { border-collapse: collapse; width: 100%; font-size: 0.9rem; }
.caption { font-weight: 600; font-size: 0.95rem; margin: 1rem 0 0.25rem; }
th, td { text-align: left; vertical-align: top; padding: 0.35rem 0.75rem 0.35rem 0; border-bottom: 1px solid var(--rule); overflow-wrap: break-word; }
thead th.number { white-space: normal; }
thead th { color: var(--soft); font-weight: 600; border-bottom-width: 2px; }
tbody th { font-weight: 500; }
td.text { min-width: 5.5rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }
code { font: 0.85em/1.4 ui-monospace, "DejaVu Sans Mono", Consolas, monospace; overflow-wrap: anywhere; }
td code { word-break: break-all; min-width: 14rem; display: inline-block; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 21rem), 1fr)); gap: 1rem 1.5rem; align-items: start; margin: 0.75rem 0; }
.chart { min-width: 0; max-width: 30rem; }
figure { margin: 0; }
figcaption { font-weight: 600; font-size: 0.95rem; margin-bottom: 0.25rem; }
svg { display: block; width: 100%; height: auto; }
svg text { fill: var(--ink); font-size: 11px; font-family: inherit; }
.axis line, .axis path { stroke: var(--soft); stroke-width: 1; }
.axis .grid { stroke: var(--rule); }
.line { fill: none; stroke: var(--accent); stroke-width: 2; stroke-linejoin: round; }
.line.second { stroke: var(--second); stroke-dasharray: 5 3; }
.mark { stroke: var(--mark); stroke-width: 1.5; stroke-dasharray: 2 2; }
svg .mark-text { fill: var(--mark); font-weight: 600; }
.bar { fill: var(--accent); }
.track { fill: var(--track); }
.legend { font-size: 0.85rem; margin: 0.25rem 0 0; display: flex; flex-wrap: wrap; gap: 0 1.25rem; }
.key::before { content: ""; display: inline-block; width: 1.5rem; border-top: 2px solid var(--accent); vertical-align: middle; margin-right: 0.4rem; }
.key.second::before { border-top: 2px dashed var(--second); }
@media (max-width: 40rem) {
  .facts { grid-template-columns: repeat(auto-fill, minmax(9rem, 1fr)); }
  th, td { padding-right: 0.5rem; font-size: 0.82rem; }
  td code { min-width: 10rem; }
  .stacked tr { display: block; padding: 0.5rem 0; border-bottom: 1px solid var(--rule); }
  .stacked tbody th, .stacked td { display: block; border-bottom: 0; padding: 0.1rem 0; font-size: 0.9rem; text-align: left; white-space: normal; }
  .stacked tbody th { font-weight: 600; }
  .stacked td::before { content: attr(data-label) ": "; color: var(--soft); }
  .stacked thead { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
}
@media print {
  :root { --page: #ffffff; --ink: #000000; --soft: #444444; --rule: #bbbbbb; --panel: #ffffff; --accent: #0b5cad;
    --second: #a23b00; --mark: #6a2c91; --track: #dddddd; --good: #17692f; --bad: #b3141d; }
  body { font-size: 10pt; }
  nav { display: none; }
  h2, h3, .caption, figcaption { break-after: avoid; }
  figure, tr, .facts div { break-inside: avoid; }
  .bar, .track { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
