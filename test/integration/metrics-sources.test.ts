import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { RealPool } from "../kit/real-pool.ts";
import { runProgram, ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;
let served: ServedProgram | undefined;
const token = "a-token-of-thirty-two-characters";

beforeEach(() => {
  pool = new RealPool();
  writeFileSync(join(pool.root, "token"), token);
});

afterEach(async () => {
  await served?.stop();
  served = undefined;
  pool.destroy();
});

async function serve(more = ""): Promise<ServedProgram> {
  const auth = `auth: { bearer_token_file: ${join(pool.root, "token")} }`;
  const config = `collector: { schedule: "* * * * * *" }\nremediation: { enabled: true, ${auth} }\n${more}`;
  served = await ServedProgram.start(pool, { config });
  return served;
}

const untilMetric = (program: ServedProgram, series: string, isWanted: (value: number) => boolean) =>
  until(`${series}, last seen with other values`, async () => {
    const value = await program.metric(series);
    return value !== undefined && isWanted(value) ? value : undefined;
  });

function loseObjects(number: number): void {
  rmSync(join(pool.slotPath(number), ".git", "objects"), { recursive: true });
}

test("what the command line recovered is counted by serve, and is still counted after a restart", async () => {
  const program = await serve();
  loseObjects(2);
  const recovered = runProgram(pool, ["recover", pool.slotId(2), "--json"]);
  expect(recovered.status).toBe(0);
  const { actions } = JSON.parse(recovered.stdout) as { actions: { action: string }[] };
  const action = actions.at(-1)?.action ?? "";
  const series = [
    'repo_pool_recovery_runs_total{trigger="command"}',
    'repo_pool_recovery_slots_recovered_total{pool="demo"}',
    `repo_pool_recovery_actions_total{action="${action}",mode="live"}`,
    `repo_pool_recovery_action_duration_seconds_count{action="${action}"}`,
  ];
  for (const name of series) await untilMetric(program, name, (value) => value === 1);
  const steps = program.events("recovery.step_finished").filter((step) => step["action"] === action);
  expect(steps).toEqual([expect.objectContaining({ slotId: pool.slotId(2), outcome: "done" })]);
  expect(steps[0]?.["recoveryId"]).toMatch(/^[0-9a-f-]{36}$/);

  await program.stop();
  const restarted = await serve();
  for (const name of series) await untilMetric(restarted, name, (value) => value === 1);
  expect(restarted.events("recovery.step_finished")).toEqual([]);
  expect(await restarted.get("/api/v1/recoveries")).toContain('"trigger":"command"');
});

test("a recovery of serve is counted with its trigger, its git commands and its steps' recovery id", async () => {
  const program = await serve();
  loseObjects(1);
  const authorization = `Bearer ${token}`;
  await untilMetric(
    program,
    'repo_pool_anomalies{pool="demo",kind="corrupted_slot"}',
    (count) => count === 1,
  );
  const answer = await fetch(`http://${program.address}/api/v1/slots/${pool.slotId(1)}/recover`, {
    method: "POST",
    headers: { authorization },
  });
  const { recovery_id: recoveryId } = (await answer.json()) as { recovery_id: string };
  await untilMetric(program, 'repo_pool_recovery_runs_total{trigger="api"}', (count) => count === 1);
  expect(await program.get("/metrics")).toMatch(/^repo_pool_git_commands_total\{command="[a-z-]+"\} [1-9]/m);
  await untilMetric(program, "repo_pool_recovery_in_progress", (count) => count === 0);
  const steps = program.events("recovery.step_finished");
  expect(steps.length).toBeGreaterThan(0);
  for (const step of steps) expect(step["recoveryId"]).toBe(recoveryId);
});

test("a pause, a storm and a held lock are seen while they last", async () => {
  const program = await serve();
  const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
  const body = JSON.stringify({ name: "night", reason: "disk work", pool: "demo" });
  await fetch(`http://${program.address}/-/pause`, { method: "POST", headers, body });
  await untilMetric(program, 'repo_pool_recovery_paused{pool="demo"}', (value) => value === 1);
  const resume = JSON.stringify({ name: "night" });
  await fetch(`http://${program.address}/-/resume`, { method: "POST", headers, body: resume });
  await untilMetric(program, 'repo_pool_recovery_paused{pool="demo"}', (value) => value === 0);
  for (const number of [1, 2, 3]) loseObjects(number);
  await untilMetric(program, 'repo_pool_recovery_storm{pool="demo"}', (value) => value === 1);
  const held = await program.metric(`repo_pool_slot_lock_held{pool="demo",slot="${pool.slotId(1)}"}`);
  expect(held === undefined || held === 0).toBe(true);
});

test("a healthy and a broken pool are exported without anything for promtool to say", async () => {
  const program = await serve();
  await untilMetric(program, 'repo_pool_up{pool="demo"}', (value) => value === 1);
  const check = async () => {
    const input = await program.get("/metrics");
    const { status, stdout, stderr } = spawnSync("promtool", ["check", "metrics"], {
      input,
      encoding: "utf8",
    });
    return { status, said: stdout + stderr };
  };
  expect(await check()).toEqual({ status: 0, said: "" });
  loseObjects(1);
  writeFileSync(pool.recordPath(2), "{ not json");
  await untilMetric(
    program,
    'repo_pool_anomalies{pool="demo",kind="corrupted_slot"}',
    (count) => count === 2,
  );
  expect(await check()).toEqual({ status: 0, said: "" });
});

test("metrics.per_slot: false leaves out every series of a slot, and no other", async () => {
  const program = await serve("metrics: { per_slot: false }\n");
  await untilMetric(program, 'repo_pool_slots{pool="demo",state="available"}', (count) => count === 3);
  const text = await program.get("/metrics");
  expect(text).not.toMatch(/^repo_pool_\w+\{[^}]*slot="/m);
  expect(text).toContain("# TYPE repo_pool_slot_anomaly gauge");
});

test("a refused configuration shows in the gauges, and the old one stays in force", async () => {
  const program = await serve();
  const loadedAt = await program.metric("repo_pool_config_last_reload_success_timestamp_seconds");
  expect(loadedAt).toBeGreaterThan(0);
  const file = join(pool.root, "sidecar.yaml");
  const good = readFileSync(file, "utf8");
  const headers = { authorization: `Bearer ${token}` };
  const reload = () => fetch(`http://${program.address}/-/reload`, { method: "POST", headers });
  writeFileSync(file, `${good}colector: {}\n`);
  expect((await reload()).status).toBe(422);
  expect(await program.metric("repo_pool_config_last_reload_successful")).toBe(0);
  writeFileSync(file, good);
  expect((await reload()).status).toBe(200);
  expect(await program.metric("repo_pool_config_last_reload_successful")).toBe(1);
});
