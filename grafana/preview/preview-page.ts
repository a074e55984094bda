import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { DashboardData } from "./panel-data.ts";

const uplot = dirname(createRequire(import.meta.url).resolve("uplot"));
const script = fileURLToPath(new URL("draw-panels.js", import.meta.url));

const style = `
body { font: 13px sans-serif; width: 1392px; margin: 12px; background: #f4f5f5; color: #24292e; }
h1 { font-size: 18px; } h2 { font-size: 15px; margin: 14px 0 6px; } h3 { font-size: 13px; margin: 4px 0; }
.panels { display: flex; flex-wrap: wrap; gap: 12px; }
section { background: #fff; border: 1px solid #dcdcdc; padding: 4px 6px; box-sizing: border-box; }
.number > .number, .number { display: flex; gap: 18px; } .number b { font-size: 30px; } .number span { display: block; }
.number .number { flex-direction: column; gap: 0; }
.row { display: flex; justify-content: space-between; border-bottom: 1px solid #eee; padding: 2px 0; }
.line { display: flex; align-items: center; gap: 8px; margin: 3px 0; } .line span { width: 100px; }
.bar { display: flex; flex: 1; height: 22px; } .bar i { flex: 1; }
.legend { display: flex; gap: 16px; margin: 6px 0 4px 108px; } .legend span { padding-left: 6px; }
.u-legend { font-size: 11px; text-align: left; } .u-legend tr:first-child { display: none !important; }
`;

/** A page that draws one dashboard's queries. It says what it is: no picture of Grafana. */
export function renderPreviewPage(dashboard: DashboardData): string {
  const data = JSON.stringify(dashboard).replaceAll("<", "\\u003c");
  return `<!doctype html><meta charset="utf-8"><title>Preview</title>
<style>${readFileSync(join(uplot, "uPlot.min.css"), "utf8")}${style}</style>
<h1>${dashboard.title}: preview of its queries, drawn from a real Prometheus. Grafana draws them in its own way.</h1>
<script>window.dashboard = ${data};</script>
<script>${readFileSync(join(uplot, "uPlot.iife.min.js"), "utf8")}</script>
<script type="module">${readFileSync(script, "utf8")}</script>`;
}
