import {
  ReduceDataOptionsBuilder,
  StackingMode,
  StackingConfigBuilder,
} from "@grafana/grafana-foundation-sdk/common";
import {
  DashboardBuilder,
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  VariableRefresh,
} from "@grafana/grafana-foundation-sdk/dashboard";
import { DataqueryBuilder } from "@grafana/grafana-foundation-sdk/prometheus";
import { PanelBuilder as StatPanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import { PanelBuilder as TimeseriesPanelBuilder } from "@grafana/grafana-foundation-sdk/timeseries";

const datasource = { type: "prometheus", uid: "${datasource}" };
const hosts = 'job=~"$job", instance=~"$instance"';
const pools = `${hosts}, pool=~"$pool"`;

interface PanelSpecification {
  readonly title: string;
  readonly description: string;
  readonly expr: string;
  readonly legend: string;
  readonly unit: string;
}

function aQuery({ expr, legend }: PanelSpecification): DataqueryBuilder {
  return new DataqueryBuilder().refId("A").datasource(datasource).expr(expr).legendFormat(legend);
}

/** One number that should be zero: green at zero, red above. */
function aCountOfFaults(specification: PanelSpecification): StatPanelBuilder {
  const thresholds = new ThresholdsConfigBuilder().mode(ThresholdsMode.Absolute).steps([
    { value: null, color: "green" },
    { value: 1, color: "red" },
  ]);
  return new StatPanelBuilder()
    .title(specification.title)
    .description(specification.description)
    .datasource(datasource)
    .unit(specification.unit)
    .thresholds(thresholds)
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(["lastNotNull"]))
    .height(5)
    .span(24)
    .withTarget(aQuery(specification));
}

function aGraph(specification: PanelSpecification): TimeseriesPanelBuilder {
  return new TimeseriesPanelBuilder()
    .title(specification.title)
    .description(specification.description)
    .datasource(datasource)
    .unit(specification.unit)
    .min(0)
    .fillOpacity(10)
    .height(8)
    .span(12)
    .withTarget(aQuery(specification));
}

function aLabelVariable(name: string, label: string, selector: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(`label_values(${selector}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .multi(true)
    .includeAll(true)
    .allValue(".*")
    .current({ text: ["All"], value: ["$__all"], selected: true });
}

const anomalies = aCountOfFaults({
  title: "Anomalies",
  description:
    "Slots and locks that are not as they should be now, by kind. Each kind has an alert with a runbook.",
  expr: `sum by (kind) (repo_pool_anomalies{${hosts}, pool=~"$pool|"})`,
  legend: "{{kind}}",
  unit: "short",
});

const graphs = [
  aGraph({
    title: "Slots by state",
    description:
      "A pool without available slots lends nothing. Slots in error wait for a person or a recovery.",
    expr: `sum by (state) (repo_pool_slots{${pools}})`,
    legend: "{{state}}",
    unit: "short",
  }).stacking(new StackingConfigBuilder().mode(StackingMode.Normal)),
  aGraph({
    title: "Oldest allocation",
    description:
      "Age of the allocation that has lasted longest, for each pool. Absent while nothing is allocated.",
    expr: `time() - min by (instance, pool) (repo_pool_slot_allocated_timestamp_seconds{${pools}})`,
    legend: "{{instance}} {{pool}}",
    unit: "s",
  }),
  aGraph({
    title: "Recovery actions",
    description: "Steps of recoveries that were executed (live) or rehearsed (dry_run), by action.",
    expr: `sum by (action, mode) (increase(repo_pool_recovery_actions_total{${hosts}}[$__rate_interval]))`,
    legend: "{{action}} {{mode}}",
    unit: "short",
  }),
  aGraph({
    title: "Alerts received",
    description: "Alerts that Alertmanager posted, by what the sidecar decided about them.",
    expr: `sum by (decision) (increase(repo_pool_webhook_alerts_total{${hosts}}[$__rate_interval]))`,
    legend: "{{decision}}",
    unit: "short",
  }),
  aGraph({
    title: "Recoveries refused by a guard",
    description: "Steps that were not taken because they could not be proven safe, by reason.",
    expr: `sum by (reason) (increase(repo_pool_recovery_skipped_total{${hosts}}[$__rate_interval]))`,
    legend: "{{reason}}",
    unit: "short",
  }),
  aGraph({
    title: "Failed recovery actions",
    description: "Steps that were tried and failed, by action.",
    expr: `sum by (action) (increase(repo_pool_recovery_action_failures_total{${hosts}}[$__rate_interval]))`,
    legend: "{{action}}",
    unit: "short",
  }),
];

/**
 * What an operator looks at first: what is wrong, whether slots are left, what was done about it.
 * In the first schema, which every Grafana in use can import; the second needs Grafana 12.
 */
export function buildRepoPoolDashboard(): object {
  const dashboard = new DashboardBuilder("Repo pools")
    .uid("repo-pool")
    .description("Pools of pre-cloned git workspaces: anomalies, slots, recoveries.")
    .tags(["repo-pool"])
    .timezone("browser")
    .refresh("1m")
    .time({ from: "now-6h", to: "now" })
    .withVariable(new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus"))
    .withVariable(aLabelVariable("job", "Job", "repo_pool_up"))
    .withVariable(aLabelVariable("instance", "Instance", 'repo_pool_up{job=~"$job"}'))
    .withVariable(aLabelVariable("pool", "Pool", `repo_pool_up{${hosts}}`))
    .withPanel(anomalies);
  for (const graph of graphs) dashboard.withPanel(graph);
  return dashboard.build();
}
