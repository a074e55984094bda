import { z } from "zod";
import { dashboards } from "../src/dashboards.ts";
import type {
  DashboardSpecification,
  PanelKind,
  PanelSpecification,
} from "../src/dashboard-specification.ts";

/** One line of a panel: its name, and a value for each of the panel's times (null if there is none). */
export interface PanelSeries {
  readonly name: string;
  readonly values: readonly (number | null)[];
}

export interface PanelData {
  readonly kind: PanelKind;
  readonly title: string;
  readonly unit: string;
  readonly width: number;
  readonly height: number;
  /** Seconds since 1970. */
  readonly times: readonly number[];
  readonly series: readonly PanelSeries[];
  readonly valueNames: PanelSpecification["values"];
}

export interface DashboardData {
  readonly uid: string;
  readonly title: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelData[] }[];
}

export interface TimeRange {
  readonly startSeconds: number;
  readonly endSeconds: number;
  readonly stepSeconds: number;
}

const matrix = z.object({
  data: z.object({
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
});

/** Asks Prometheus each query of each dashboard over the range. @throws if it refuses one. */
export async function readDashboards(prometheusUrl: string, range: TimeRange): Promise<DashboardData[]> {
  return Promise.all(dashboards.map((dashboard) => readDashboard(dashboard, prometheusUrl, range)));
}

async function readDashboard(
  { uid, title, rows }: DashboardSpecification,
  prometheusUrl: string,
  range: TimeRange,
): Promise<DashboardData> {
  const read = rows.map(async (row) => ({
    title: row.title,
    panels: await Promise.all(row.panels.map((panel) => readPanel(panel, prometheusUrl, range))),
  }));
  return { uid, title, rows: await Promise.all(read) };
}

async function readPanel(
  panel: PanelSpecification,
  prometheusUrl: string,
  range: TimeRange,
): Promise<PanelData> {
  const { startSeconds, endSeconds, stepSeconds } = range;
  const count = Math.floor((endSeconds - startSeconds) / stepSeconds) + 1;
  const times = Array.from({ length: count }, (_, index) => startSeconds + index * stepSeconds);
  const series: PanelSeries[] = [];
  for (const { expr, legend } of panel.queries) {
    const parameters = new URLSearchParams({
      query: concreteQuery(expr),
      start: String(startSeconds),
      end: String(endSeconds),
      step: String(stepSeconds),
    });
    const response = await fetch(`${prometheusUrl}/api/v1/query_range?${parameters.toString()}`);
    const { result } = matrix.parse(await response.json()).data;
    for (const { metric, values } of result)
      series.push({ name: nameSeries(legend, metric), values: align(values, times) });
  }
  const { kind, title, unit, width, height, values: valueNames } = panel;
  return { kind, title, unit, width, height, times, series, valueNames };
}

/** A query with Grafana's variables filled in: everything, over the last quarter of a minute. */
function concreteQuery(expression: string): string {
  return expression.replaceAll("$__rate_interval", "15s").replaceAll(/\$(?:job|instance|pool)\b/g, ".+");
}

function nameSeries(legend: string, labels: Readonly<Record<string, string>>): string {
  if (legend !== "") return legend.replaceAll(/\{\{(\w+)\}\}/g, (_, label: string) => labels[label] ?? "");
  const shown = Object.entries(labels).filter(([label]) => label !== "instance");
  return shown.map(([, value]) => value).join(" ");
}

function align(values: readonly (readonly [number, string])[], times: readonly number[]): (number | null)[] {
  const byTime = new Map(values.map(([time, value]) => [time, Number(value)]));
  return times.map((time) => byTime.get(time) ?? null);
}
