import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { format } from "prettier";
import { beforeAll, afterAll, expect, test } from "vitest";
import { replaceMarked } from "../../scripts/faults-reference.ts";
import { firingAlerts } from "../kit/firing-alerts.ts";
import type { Ended, Observation, ObservedPlace } from "../kit/observe-situations.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runProgram } from "../kit/run-program.ts";
import { SituationPlace, situations, type Situation } from "../kit/situations.ts";

const observer = fileURLToPath(new URL("../kit/observe-situations.ts", import.meta.url));
const page = fileURLToPath(new URL("../../docs/operations.md", import.meta.url));
const isRoot = process.getuid?.() === 0;
const hasMounts = isRoot && spawnSync("unshare", ["--mount", "true"]).status === 0;
/** The pool's user, to whom a permission means something. */
const user = 65534;

/** Nothing is wrong: the one situation in which every answer has to be "healthy". */
const well: Situation = { name: "nothing is wrong", happen: () => undefined };
const arranged = [well, ...situations.filter(({ needsMounts }) => needsMounts !== true || hasMounts)];
const skipped = situations.filter((situation) => !arranged.includes(situation));
if (skipped.length > 0)
  console.log(
    `Without root and mounts of its own, not arranged: ${skipped.map(({ name }) => name).join("; ")}`,
  );

const home = mkdtempSync(join(tmpdir(), "situations-"));

function aTemplate(layout: "clone" | "worktree"): RealPool {
  const pool = new RealPool(2, layout);
  expect(runProgram(pool, "pool", "create", "other", "--url", pool.url, "--slots", "1").stderr).toBe("");
  return pool;
}

/** A copy of the template that knows its own place. */
function copyTo(root: string, template: RealPool): void {
  const script = `cp -a "$1" "$2" && { grep -rlIF "$1" "$2" | xargs sed -i "s|$1|$2|g"; }`;
  spawnSync("sh", ["-c", script, "sh", template.root, root]);
  if (isRoot) spawnSync("chown", ["-R", `${user}:${user}`, root]);
}

interface Row {
  readonly situation: Situation;
  readonly check: string;
  readonly recover: string;
  readonly serve: string;
  readonly library: string;
  readonly alerts: string;
}

const sorted = (codes: Iterable<string>): string => [...new Set(codes)].sort().join(", ");

interface Report {
  readonly pools: { problems: { code: string }[] }[];
  readonly corrupted_slots: { reasons: string[] }[];
  readonly orphaned_locks: { reason: string }[];
  readonly long_allocated_slots: { reason: string }[];
  readonly errors: { code: string }[];
}

/** Every code of a `check --json`; whether this machine lets processes be seen is not what is asked. */
function codesOf(text: string): string {
  const report = JSON.parse(text) as Report;
  return sorted(
    [
      ...report.errors.map(({ code }) => code),
      ...report.pools.flatMap(({ problems }) => problems.map(({ code }) => code)),
      ...report.corrupted_slots.flatMap(({ reasons }) => reasons),
      ...[...report.orphaned_locks, ...report.long_allocated_slots].map(({ reason }) => reason),
    ].filter((code) => code !== "limited_visibility"),
  );
}

const healthy = "healthy";
const cell = (answer: number | string, says: string): string => `${answer}: ${says === "" ? "-" : says}`;

function checkCell({ exitCode, stdout, stderr }: Ended): string {
  if (stdout === "") return cell(exitCode, stderr.split(":")[0] ?? "");
  const codes = codesOf(stdout);
  return exitCode === 0 && codes === "" ? healthy : cell(exitCode, codes);
}

interface RecoverJson {
  readonly actions: { action: string; outcome: string }[];
  readonly errors: string[];
}

function recoverCell(dryRun: Ended, live: Ended): string {
  const describe = ({ exitCode, stdout, stderr }: Ended): string => {
    if (stdout === "") return cell(exitCode, stderr.split(":")[0] ?? "");
    const { actions, errors } = JSON.parse(stdout) as RecoverJson;
    const done = actions.map(({ action, outcome }) => `${action} ${outcome}`);
    if (exitCode === 0 && done.length === 0) return healthy;
    return cell(
      exitCode,
      [sorted(done), sorted(errors.map((error) => error.replace(/[: ].*/s, "")))].filter(Boolean).join("; "),
    );
  };
  const [planned, done] = [describe(dryRun), describe(live)];
  return planned === done ? done : `${planned} → ${done}`;
}

function serveCell({ readyStatus, anomalies, ready }: Observation["serve"]): string {
  if (readyStatus === undefined) return `does not start: ${ready.split(":")[0] ?? ""}`;
  // Without any collection there is nothing to tell, and the answer is why.
  const codes = anomalies.startsWith('{"error"') ? "" : codesOf(anomalies);
  const isReady = readyStatus === 200;
  return isReady && codes === "" ? healthy : cell(isReady ? "ready" : "not ready", codes);
}

let rows: Row[] = [];

async function observe(): Promise<Observation[]> {
  const templates = { clone: aTemplate("clone"), worktree: aTemplate("worktree") };
  const roots = arranged.map((_situation, index) => join(home, `situation-${index}`));
  for (const [index, { layout = "clone" }] of arranged.entries())
    copyTo(roots[index] ?? "", templates[layout]);
  for (const template of Object.values(templates)) template.destroy();
  if (isRoot) chmodSync(home, 0o755);

  const file = join(home, "places.json");
  const asUser = isRoot ? ["setpriv", `--reuid=${user}`, `--regid=${user}`, "--clear-groups"] : [];
  const argv = [...(hasMounts ? ["unshare", "--mount"] : []), ...asUser];
  const node = [process.execPath, "--import", "tsx", observer, file];
  const [command = "", ...args] = [...argv, ...node];
  const program = spawn(command, args, {
    stdio: ["pipe", "pipe", "inherit"],
    env: { PATH: process.env["PATH"], HOME: "/nonexistent", GIT_CONFIG_NOSYSTEM: "1" },
  });
  const exited = once(program, "exit");
  const places = roots.map((root) => new SituationPlace(root, program.pid));
  const observed = places.map((place, index): ObservedPlace => {
    const { configured, isWhileServing = false } = arranged[index] ?? well;
    return {
      root: place.root,
      workspacesDir: configured?.(place) ?? place.workspacesDir,
      isRestarted: !isWhileServing,
    };
  });
  writeFileSync(file, JSON.stringify(observed));
  const lines = createInterface({ input: program.stdout })[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value as string;
  expect(await next()).toBe("started");
  for (const [index, place] of places.entries()) arranged[index]?.arrange?.(place);
  program.stdin.write("\n");
  expect(await next()).toBe("seen");
  for (const [index, place] of places.entries()) arranged[index]?.happen(place);
  program.stdin.write("\n");
  const observations = JSON.parse(await next()) as Observation[];
  await exited;
  return observations;
}

beforeAll(async () => {
  const observations = await observe();

  const firing = firingAlerts(
    observations.map(({ serve: { metrics } }, index) => ({ instance: `situation-${index}`, metrics })),
  );
  rows = observations.map((observation, index) => ({
    situation: arranged[index] ?? well,
    check: checkCell(observation.check),
    recover: recoverCell(observation.dryRun, observation.recover),
    serve: serveCell(observation.serve),
    library: observation.library === "true" ? healthy : observation.library.split(":").slice(0, 2).join(":"),
    alerts: sorted(firing.get(`situation-${index}`) ?? []) || healthy,
  }));
}, 300_000);

afterAll(() => {
  spawnSync("chmod", ["-R", "u+rwX", home]);
  rmSync(home, { recursive: true, force: true });
});

const answersOf = ({ check, recover, serve, library, alerts }: Row) => ({
  check,
  recover,
  serve,
  library,
  alerts,
});

test("where nothing is wrong, every answer is that", () => {
  expect(rows.filter(({ situation }) => situation === well).map(answersOf)).toEqual([
    { check: healthy, recover: healthy, serve: healthy, library: healthy, alerts: healthy },
  ]);
});

test("where the program cannot see, no answer is that all is well", () => {
  const green = rows.flatMap((row) =>
    row.situation === well
      ? []
      : Object.entries(answersOf(row))
          .filter(([, says]) => says.includes(healthy))
          .map(([asked]) => `${row.situation.name}: ${asked}`),
  );
  expect(green).toEqual([]);
});

test("docs/operations.md has the answers of each situation", async () => {
  const written = readFileSync(page, "utf8");
  const made = await format(replaceMarked(written, "situations", renderTable(rows)), {
    ...{ parser: "markdown", printWidth: 110 },
  });
  if (process.env["UPDATE_SITUATIONS"] === "1" && skipped.length === 0) writeFileSync(page, made);
  const rowsOf = (text: string): string[] => text.split("\n").map((line) => line.replaceAll(/ +/g, " "));
  const known = new Set(rowsOf(readFileSync(page, "utf8")));
  expect(
    rowsOf(made).filter((line) => !known.has(line)),
    "run npm run situations:generate",
  ).toEqual([]);
});

function renderTable(shown: readonly Row[]): string {
  const lines = shown.map(
    (row) => `| ${[row.situation.name, ...Object.values(answersOf(row))].join(" | ")} |`,
  );
  return [
    "| situation | `check` | `recover --dry-run`, `recover` | `serve` | `healthCheck()` | alerts |",
    "| --- | --- | --- | --- | --- | --- |",
    ...lines,
  ].join("\n");
}
