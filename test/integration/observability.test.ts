import { spawnSync } from "node:child_process";
import { closeSync, openSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parse } from "yaml";
import { z } from "zod";
import { dashboards } from "../../grafana/src/dashboards.ts";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import { ageTree } from "../kit/age-tree.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { MonitoringStack } from "../kit/monitoring-stack.ts";
import { RealPool } from "../kit/real-pool.ts";
import { until } from "../kit/until.ts";

const project = fileURLToPath(new URL("../..", import.meta.url));
const hourMilliseconds = 3_600_000;

/** Over a pool that is at work and broken in some ways, these have nothing to show. */
const emptyPanels: Readonly<Record<string, string>> = {
  "Problems of pools": "the pool has no problem that is not a slot's",
};

const emptyAlerts: Readonly<Record<string, string>> = {
  RepoPoolExhausted: "one slot is available",
  RepoPoolExhaustionPredicted: "the number of available slots does not fall",
  RepoPoolUnreadable: "the pool can be read",
  RepoPoolVanished: "no pool is gone",
  RepoPoolRegistrationsVanished: "no registration is gone",
  RepoPoolSpaceReclaimable: "the idle work tree is small",
  RepoPoolDiskFillingUp: "depends on the machine",
  RepoPoolRecoveryFailing: "no recovery failed",
  RepoPoolRecoveryStorm: "too few slots are corrupted",
  RepoPoolRecoveryStuck: "nothing waits",
  RepoPoolApprovalWaiting: "nothing waits for approval",
  RepoPoolRecoveryPausedLong: "nothing is paused",
  RepoPoolWebhookRejecting: "nothing was posted",
  RepoPoolCollectionStale: "collections succeed",
  RepoPoolCollectionFailing: "collections succeed",
  RepoPoolVerificationOverdue: "no period has passed",
  RepoPoolConfigReloadFailed: "the configuration is valid",
  RepoPoolSidecarDown: "the sidecar is up",
  RepoPoolAvailabilityBudgetBurning: "one slot is available",
  RepoPoolFleetUnavailable: "the sidecar belongs to no fleet",
  RepoPoolFleetQueueStuck: "the sidecar belongs to no fleet",
};

/** A host without a fleet has no series of one; test/fleet shows them. */
const alertsWithoutSeries = ["RepoPoolFleetUnavailable", "RepoPoolFleetQueueStuck"];

let pool: RealPool;
let trees: AgentTrees;
let stack: MonitoringStack;

beforeAll(async () => {
  pool = new RealPool(6);
  breakPool(pool);
  trees = new AgentTrees();
  leaveWork(trees);
  stack = await MonitoringStack.create(pool);
  stack.startSidecar(`
verification: { schedule: '*/2 * * * * *', budget_ratio: 1 }
sources:
  - { name: workspaces, kind: managed }
  - { name: agents, kind: worktrees, repositories: ["${trees.repository}"] }
  - { name: nothing, kind: checkouts, paths: ["${trees.root}/nothing/*"] }
`);
  stack.startPrometheus();
  for (const ofPool of ["demo", "agents-api"])
    await until(`a deep look at unsaved work of ${ofPool}`, async () =>
      (await stack.query(`repo_pool_slot_unsaved_work{pool="${ofPool}"} > 0`))?.length ? true : undefined,
    );
  await until("three scrapes of a whole collection", async () => {
    const [sample] = (await stack.query('count_over_time(repo_pool_up{pool="demo"}[1m])')) ?? [];
    return Number(sample?.value ?? 0) >= 3 ? true : undefined;
  });
});

afterAll(async () => {
  await stack.stop();
  pool.destroy();
  trees.destroy();
});

/** An agent left unsaved work in a work tree and went away. */
function leaveWork(left: AgentTrees): void {
  writeFileSync(join(left.tree("one"), "work.txt"), "exists nowhere else\n");
  for (const directory of [left.tree("one"), left.admin("one")]) ageTree(directory, 2);
}

/** One slot healthy, one at work, one forgotten, one corrupted, one isolated, one recovered, and a lock of none. */
function breakPool(broken: RealPool): void {
  const hoursAgo = (hours: number): string =>
    formatPoolTime(new Date(Date.now() - hours * hourMilliseconds), systemTimeZone());
  broken.writeRecord(2, { state: "allocated", allocation_count: 1, last_allocated_at: hoursAgo(1) });
  writeFileSync(join(broken.slotPath(2), "work.txt"), "exists nowhere else\n");
  broken.writeRecord(3, { state: "allocated", allocation_count: 1, last_allocated_at: hoursAgo(30) });
  writeFileSync(join(broken.slotPath(6), ".git", "index"), "DIRC");
  runProgram("recover", broken.slotId(6));
  runProgram("isolate", broken.slotId(5), "--reason", "a person looks at it");
  rmSync(join(broken.slotPath(4), ".git", "HEAD"));
  const lock = broken.lockPath(9);
  closeSync(openSync(lock, "w"));
  const old = new Date(Date.now() - 48 * hourMilliseconds);
  utimesSync(lock, old, old);

  function runProgram(...args: string[]): void {
    const main = join(project, "dist", "main.js");
    const options = ["--workspaces-dir", broken.workspacesDir, "--json"];
    const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args, ...options], {
      encoding: "utf8",
    });
    if (status !== 0) throw new Error(`${args.join(" ")}: ${stdout}${stderr}`);
  }
}

function concrete(expression: string): string {
  return expression
    .replaceAll("$__rate_interval", "1m")
    .replaceAll(/\$(?:job|instance)/g, ".+")
    .replaceAll("$pool", ".+");
}

const panels = dashboards.flatMap(({ title: dashboard, rows }) =>
  rows.flatMap(({ panels: ofRow }) =>
    ofRow.flatMap(({ title, queries }) => queries.map(({ expr }) => ({ dashboard, title, expr }))),
  ),
);

test.each(panels)("$dashboard, $title has something to show: $expr", async ({ title, expr }) => {
  const samples = await stack.query(concrete(expr));
  // Whether every process can be seen depends on the machine, and where not the pool rightly says so.
  const shown = samples?.filter(({ labels }) => labels["problem"] !== "limited_visibility");
  if (title in emptyPanels) expect(shown, emptyPanels[title]).toEqual([]);
  else expect(samples?.length).toBeGreaterThan(0);
});

const alertSchema = z.object({ alert: z.string(), expr: z.string() });
const groups = z.object({ groups: z.array(z.object({ rules: z.array(z.looseObject({})) })) });
const alerts = readdirSync(join(project, "alerts"))
  .filter((name) => name.endsWith(".yaml"))
  .flatMap((name) => groups.parse(parse(readFileSync(join(project, "alerts", name), "utf8"))).groups)
  .flatMap(({ rules }) => rules)
  .filter((rule) => "alert" in rule)
  .map((rule) => alertSchema.parse(rule));

test.each(alerts)(
  "$alert sees what it is for, or nothing for a known reason: $expr",
  async ({ alert, expr }) => {
    const samples = await stack.query(expr);
    if (alert === "RepoPoolDiskFillingUp") expect(samples).toBeDefined();
    else if (alert in emptyAlerts) expect(samples, emptyAlerts[alert]).toEqual([]);
    else expect(samples?.length).toBeGreaterThan(0);
  },
);

/** It is there only while a pool is gone. */
const absentWhileWell = "repo_pool_pool_gone";

test.each(alerts.filter(({ alert }) => alert in emptyAlerts && !alertsWithoutSeries.includes(alert)))(
  "$alert is silent over series that there are: $expr",
  async ({ expr }) => {
    const selectors = expr.match(
      /(?<!\w)(?:job_instance_pool:|repo_pool_)[\w:]+(?:\{[^}]*\})?|\bup\{[^}]*\}/g,
    );
    expect(selectors?.length).toBeGreaterThan(0);
    for (const selector of selectors!.filter((name) => name !== absentWhileWell)) {
      expect((await stack.query(selector))?.length, selector).toBeGreaterThan(0);
    }
  },
);
