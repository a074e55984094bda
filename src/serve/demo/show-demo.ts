import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { join } from "node:path";
import { promisify } from "node:util";
import { systemClock } from "../../platform/clock.ts";
import { refusedExitCode } from "../../views/recover-report.ts";
import type { DemoPools } from "./build-demo-pools.ts";

export interface Audience {
  readonly print: (text: string) => void;
  /** Resolves when the next step may be shown; false ends the demo. */
  readonly goOn: (what: string) => Promise<boolean>;
}

interface Show extends Audience, DemoPools {
  readonly base: string;
  readonly token: string;
  readonly root: string;
  /** What a person types to run a subcommand of the program here. */
  readonly command: (words: string) => string;
}

interface ShownRecovery {
  readonly recovery_id: string;
  readonly status: string;
  readonly actions: readonly { slot_id: string; action: string; outcome: string; reason: string }[];
}

const settleMilliseconds = 250;
const mostLooks = 240;

/**
 * Broken, alerted, recovered; then a forced release, and the work of its agent restored; then the work tree of an agent
 * reclaimed and brought back. False if somebody ended it.
 */
export async function showDemo(show: Show): Promise<boolean> {
  const { base, print, goOn, workspacesDir } = show;
  print(`Serving ${workspacesDir}`);
  print(`  page     ${base}/`);
  print(`  metrics  ${base}/metrics`);
  await untilTrue(async () => (await fetch(`${base}/-/ready`)).ok);
  print(`\nWhat is wrong:\n${await readAnomalies(base)}`);
  if (!(await goOn("post the alerts that Prometheus and Alertmanager would send"))) return false;
  await alert(show);
  if (!(await recover(show))) return false;
  if (!(await goOn("release the old allocation, as a person may"))) return false;
  await release(show);
  if (!(await goOn("reclaim the agent's work tree"))) return false;
  await reclaim(show);
  return true;
}

async function alert(show: Show): Promise<void> {
  show.print("\nPosting the alerts that Prometheus and Alertmanager would send.");
  const { status } = await post(show, "/api/v1/alerts", notification());
  show.print(`  answered ${status}`);
}

/** Recoveries run by themselves unless the mode wants an approval of each. */
async function recover(show: Show): Promise<boolean> {
  const { base, print, goOn } = show;
  const waiting = (await readRecoveries(show)).filter(({ status }) => status === "waiting_for_approval");
  if (waiting.length > 0) {
    print(`\nRecoveries that wait for approval on the page: ${waiting.length}.`);
    if (!(await goOn("approve them"))) return false;
    for (const { recovery_id: id } of waiting) await post(show, `/api/v1/recoveries/${id}/approve`, {});
  }
  await untilTrue(
    async () =>
      !(await readAnomalies(base)).match(/pool="(clones|worktrees)".*(corrupted_slot|orphaned_lock)/),
  );
  print(`\nWhat was done:\n${describeSteps(await readRecoveries(show))}`);
  print(
    `\nWhat is left, because people decide about what an agent holds or left:\n${await readAnomalies(base)}`,
  );
  return true;
}

async function release(show: Show): Promise<void> {
  const { print, root } = show;
  const asked = await post(show, "/api/v1/recoveries", {
    pool: "clones",
    force_release_long_allocated: true,
  });
  const { recovery_id: id } = (await asked.json()) as ShownRecovery;
  const readRun = async () => (await read(show, `/api/v1/recoveries/${id}`)) as ShownRecovery;
  await untilTrue(async () => /^(finished|failed)$/.test((await readRun()).status));
  print(`\nReleased by force, its unsaved work saved first:\n${describeSteps([await readRun()])}`);
  const salvages = (await read(show, "/api/v1/salvages")) as { slot_id: string; restore_command: string }[];
  const saved = salvages.findLast(({ slot_id: slotId }) => slotId === "workspace-clones-slot3");
  if (saved === undefined) throw new Error("the demo's forced release saved nothing: please report this");
  const command = saved.restore_command.replace("--to DIR", `--to ${join(root, "restored")}`);
  print(`\nThe work is restored by:\n  ${command}`);
  print(await runInShell(command));
}

/** If processes cannot be seen, as in a container, the program keeps the work tree and says so. */
async function reclaim({ print, command, agentTree }: Show): Promise<void> {
  const reclaiming = command(`reclaim ${agentTree}`);
  print(`\nThe agent's work tree is reclaimed, its unsaved work saved first:\n  ${reclaiming}`);
  const printed = await runInShell(`${reclaiming} || test $? -eq ${refusedExitCode}`);
  print(printed);
  const [, undo] = /`(reclaim --undo \S+)`/.exec(printed) ?? [];
  if (undo === undefined) return;
  print(`\nAnd brought back, byte for byte:\n  ${command(undo)}`);
  print(await runInShell(command(undo)));
}

/** @returns what it printed, indented */
async function runInShell(command: string): Promise<string> {
  const { stdout } = await promisify(execFile)("/bin/sh", ["-c", command]);
  return stdout.trim().replaceAll(/^/gm, "  ");
}

function describeSteps(recoveries: readonly ShownRecovery[]): string {
  const steps = recoveries.flatMap(({ actions }) => actions).toReversed();
  return steps
    .map(({ slot_id: slot, ...step }) => `  ${slot}: ${step.action} ${step.outcome} (${step.reason})`)
    .join("\n");
}

async function readAnomalies(base: string): Promise<string> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith("repo_pool_slot_anomaly{"));
  return lines.map((line) => `  ${line}`).join("\n");
}

async function readRecoveries(show: Show): Promise<ShownRecovery[]> {
  return (await read(show, "/api/v1/recoveries")) as ShownRecovery[];
}

async function read({ base }: Show, path: string): Promise<unknown> {
  return (await fetch(`${base}${path}`)).json();
}

function post({ base, token }: Show, path: string, body: object): Promise<Response> {
  return fetch(`${base}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

function notification(): object {
  const alert = (alertname: string, slot: string, pool: string) => ({
    status: "firing",
    labels: { alertname, slot, pool, auto_recover: "true" },
    annotations: {},
    startsAt: systemClock.now().toISOString(),
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "",
    fingerprint: randomBytes(8).toString("hex"),
  });
  return {
    ...{
      version: "4",
      groupKey: "demo",
      truncatedAlerts: 0,
      status: "firing",
      receiver: "repo-pool-sidecar",
    },
    ...{ groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: "" },
    alerts: [
      alert("RepoPoolSlotCorrupted", "workspace-clones-slot2", "clones"),
      alert("RepoPoolSlotCorrupted", "workspace-clones-slot4", "clones"),
      alert("RepoPoolSlotCorrupted", "workspace-worktrees-slot2", "worktrees"),
      alert("RepoPoolLockOrphaned", "workspace-clones-slot9", "clones"),
    ],
  };
}

async function untilTrue(isTrue: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < mostLooks; look++) {
    if (await isTrue()) return;
    await systemClock.sleep(settleMilliseconds);
  }
}
