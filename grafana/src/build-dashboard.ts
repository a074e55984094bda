import {
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
} from "@grafana/grafana-foundation-sdk/common";
import {
  AnnotationQueryBuilder,
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  MappingType,
  QueryVariableBuilder,
  RowBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
  type ValueMapping,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder, PromQueryFormat } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatPanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as StateTimelinePanelBuilder } from "@grafana/grafana-foundation-sdk/statetimeline";
import { PanelBuilder as TablePanelBuilder } from "@grafana/grafana-foundation-sdk/table";
import { PanelBuilder as TimeseriesPanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";
import {
  hosts,
  type DashboardSpecification,
  type PanelSpecification,
  type QuerySpecification,
} from "./dashboard-specification.ts";

const datasource = { type: "prometheus", uid: "${datasource}" };
const tag = "repo-pool";

/**
 * In Grafana's first schema, which every version in use provisions from files; the second needs Grafana 12.
 * The conventions are those of grafana/dashboard-linter.
 */
export function buildDashboard(specification: DashboardSpecification): object {
  const { uid, title, description, hasPoolVariable, rows } = specification;
  const dashboard = new DashboardBuilder(title)
    .uid(uid)
    .description(description)
    .tags([tag])
    .timezone("browser")
    .refresh("30s")
    .time({ from: "now-6h", to: "now" })
    .tooltip(DashboardCursorSync.Crosshair)
    .readonly()
    .link(linkToOthers())
    .annotation(recoveryAnnotation())
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(aLabelVariable("job", "Job", "repo_pool_sidecar_build_info"))
    .withVariable(aLabelVariable("instance", "Instance", 'repo_pool_sidecar_build_info{job=~"$job"}'));
  if (hasPoolVariable) dashboard.withVariable(aLabelVariable("pool", "Pool", `repo_pool_up{${hosts}}`));
  // Links to a panel name its id.
  let id = 0;
  for (const row of rows) {
    dashboard.withRow(new RowBuilder(row.title).id(++id));
    for (const panel of row.panels) dashboard.withPanel(aPanel(panel).id(++id));
  }
  return dashboard.build();
}

function aLabelVariable(name: string, label: string, selector: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(`label_values(${selector}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue(".+")
    .current({ text: ["All"], value: ["$__all"], selected: true });
}

function linkToOthers(): DashboardLinkBuilder {
  return new DashboardLinkBuilder("Repo pools")
    .type(DashboardLinkType.Dashboards)
    .tags([tag])
    .asDropdown(true)
    .includeVars(true)
    .keepTime(true);
}

/** A mark in every graph where slots were recovered, released or isolated. */
function recoveryAnnotation(): AnnotationQueryBuilder {
  const counters = ["recovered", "released", "isolated"].map(
    (what) =>
      `sum by (instance, pool) (increase(repo_pool_recovery_slots_${what}_total{${hosts}}[$__rate_interval])) > 0`,
  );
  return new AnnotationQueryBuilder()
    .name("Recoveries")
    .datasource(datasource)
    .enable(true)
    .iconColor("blue")
    .expr(counters.join(" or "))
    .titleFormat("Recovery")
    .textFormat("{{instance}} {{pool}}");
}

function aQuery({ expr, legend }: QuerySpecification, index: number): DataqueryBuilder {
  return new DataqueryBuilder()
    .refId(String.fromCharCode("A".charCodeAt(0) + index))
    .datasource(datasource)
    .expr(expr)
    .legendFormat(legend);
}

function aPanel(specification: PanelSpecification) {
  switch (specification.kind) {
    case "number":
      return withCommon(new StatPanelBuilder(), specification).reduceOptions(
        new ReduceDataOptionsBuilder().calcs(["lastNotNull"]),
      );
    case "graph":
      return withCommon(new TimeseriesPanelBuilder(), specification).min(0).fillOpacity(10);
    case "stacked":
      return withCommon(new TimeseriesPanelBuilder(), specification)
        .min(0)
        .fillOpacity(60)
        .stacking(new StackingConfigBuilder().mode(StackingMode.Normal));
    case "table":
      return aTable(specification);
    case "timeline":
      return withCommon(new StateTimelinePanelBuilder(), specification).mappings(
        valueMappings(specification),
      );
  }
}

/** What a table shows is now, and its rows are series: the newest value with its labels. */
function aTable(specification: PanelSpecification): TablePanelBuilder {
  const table = withCommon(new TablePanelBuilder(), { ...specification, queries: [] });
  for (const [index, query] of specification.queries.entries())
    table.withTarget(aQuery(query, index).instant().format(PromQueryFormat.Table));
  const hidden = { Time: true, job: true, __name__: true };
  return table.withTransformation({ id: "organize", options: { excludeByName: hidden } });
}

type AnyPanelBuilder =
  StatPanelBuilder | TimeseriesPanelBuilder | TablePanelBuilder | StateTimelinePanelBuilder;

function withCommon<Builder extends AnyPanelBuilder>(
  builder: Builder,
  specification: PanelSpecification,
): Builder {
  const { title, description, unit, width, height, queries, alert } = specification;
  builder
    .title(title)
    .description(description)
    .datasource(datasource)
    .unit(unit)
    .thresholds(thresholdsOf(specification))
    .height(height)
    .span(width)
    .dataLinks([
      linkToPage(specification),
      ...(alert === undefined ? [] : [linkToRunbook(alert, specification)]),
    ]);
  for (const [index, query] of queries.entries()) builder.withTarget(aQuery(query, index));
  return builder;
}

/** The status page of the sidecar that a series came from: its instance label is where it is scraped. */
function linkToPage(panel: PanelSpecification): DashboardLinkBuilder {
  return new DashboardLinkBuilder("Status page of this sidecar")
    .type(DashboardLinkType.Link)
    .url(`http://${instanceOf(panel)}/`)
    .targetBlank(true);
}

function instanceOf({ kind }: PanelSpecification): string {
  return kind === "table" ? "${__data.fields.instance}" : "${__field.labels.instance}";
}

function linkToRunbook(alert: string, panel: PanelSpecification): DashboardLinkBuilder {
  return new DashboardLinkBuilder(`Runbook of ${alert}`)
    .type(DashboardLinkType.Link)
    .url(`http://${instanceOf(panel)}/runbooks/${alert}`)
    .targetBlank(true);
}

function thresholdsOf({ warnings = [] }: PanelSpecification): ThresholdsConfigBuilder {
  const colors = warnings.length === 1 ? ["red"] : ["orange", "red"];
  const steps = warnings.map((value, index) => ({ value, color: colors[index] ?? "red" }));
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: warnings.length === 0 ? "text" : "green" }, ...steps]);
}

function valueMappings({ values = {} }: PanelSpecification): ValueMapping[] {
  return [{ type: MappingType.ValueToText, options: values }];
}
