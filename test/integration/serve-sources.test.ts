import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ageTree } from "../kit/age-tree.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { leaveLock } from "../kit/damage.ts";
import { git } from "../kit/real-pool.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

let trees: AgentTrees;
let served: ServedProgram | undefined;
const token = "a-token-of-thirty-two-characters";

beforeEach(() => {
  trees = new AgentTrees();
});

afterEach(async () => {
  await served?.stop();
  served = undefined;
  trees.destroy();
});

/** Work trees and checkouts, and no pool manager: the workspaces directory is not there. */
async function serve(more = "", ofAgents = "allow: [report]"): Promise<ServedProgram> {
  const tokenFile = join(trees.root, "token");
  writeFileSync(tokenFile, token);
  chmodSync(tokenFile, 0o600);
  const config = `
collector: { schedule: "* * * * * *" }
verification: { schedule: "* * * * * *", budget_ratio: 1, unsaved_work_period: 1s }
remediation: { enabled: true, auth: { bearer_token_file: ${tokenFile} } }
sources:
  - { name: agents, kind: worktrees, repositories: ["${trees.root}/src/*"], ${ofAgents} }
  - { name: ci, kind: checkouts, paths: ["${trees.root}/src/copy*"] }
${more}`;
  served = await ServedProgram.start(
    { root: trees.root, workspacesDir: join(trees.root, "none") },
    { config },
  );
  await until("the first collection", async () => (await metrics()).includes("repo_pool_up{") || undefined);
  return served;
}

async function metrics(): Promise<string> {
  return (await served?.get("/metrics")) ?? "";
}

const untilSeries = (wanted: RegExp): Promise<RegExpExecArray> =>
  until(`${wanted.source} in the metrics`, async () => wanted.exec(await metrics()) ?? undefined);

interface Slot {
  readonly slot_id: string;
  readonly path: string;
  readonly reasons: readonly string[];
  readonly owner: { readonly evidence: string };
}

async function slotAt(path: string): Promise<Slot> {
  const slots = JSON.parse((await served?.get("/api/v1/slots")) ?? "[]") as Slot[];
  const slot = slots.find((each) => each.path === path);
  if (slot === undefined) throw new Error(`no slot at ${path}`);
  return slot;
}

async function post(path: string, body: unknown) {
  const response = await fetch(`http://${served?.address ?? ""}${path}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

test("page, API and metrics show the work trees of sources, with owner and evidence", async () => {
  rmSync(join(trees.admin("one"), "HEAD"));
  const program = await serve();
  const [, pool, slotId] = await untilSeries(
    /^repo_pool_slot_anomaly\{pool="(.*?)",slot="(.*?)",kind="corrupted_slot",reason="head_missing"\} 1$/m,
  );
  expect(pool).toBe("agents-api");
  expect(await slotAt(trees.tree("one"))).toMatchObject({
    slot_id: slotId,
    reasons: ["head_missing"],
    owner: { evidence: "none" },
  });
  expect(await metrics()).toContain(
    `repo_pool_slot_owner_info{pool="agents-api",slot="${slotId ?? ""}",evidence="none"} 1`,
  );
  expect(await metrics()).toContain('repo_pool_registrations{pool="agents-api",state="present"} 2');
  expect(await metrics()).toContain('repo_pool_reclaimable_bytes{pool="agents-api"} 0');
  expect(program.events("recovery.unsettled")).toEqual([]);
  expect(await program.get("/-/ready")).toContain("ready");
  expect(await program.get("/")).toContain("2 not in use · source agents");
  const page = await program.get(`/slots/${slotId ?? ""}`);
  expect(page).toContain(`<code>${trees.tree("one")}</code>`);
  expect(page).toContain("none: no hold, heartbeat, lock or process");
});

test("each command that the page of a slot prints works when it is copied", async () => {
  const program = await serve();
  const { slot_id: slotId } = await slotAt(trees.tree("one"));
  const page = await program.get(`/slots/${slotId}`);
  const commands = [...page.matchAll(/<pre tabindex="0">(.*?)<\/pre>/g)].map(([, text = ""]) => text);
  expect(commands.length).toBeGreaterThan(1);
  for (const command of commands) {
    expect(command).toContain(`--config.file ${trees.root}/sidecar.yaml`);
    expect(command).not.toContain("--workspaces-dir");
    const { status, stderr } = spawnSync("sh", ["-c", command], {
      cwd: "/",
      env: { PATH: process.env["PATH"], HOME: "/nonexistent" },
      encoding: "utf8",
    });
    expect({ command, status, stderr }).toEqual({ command, status: 0, stderr: "" });
  }
});

test("a plan for what its source does not allow says so, and so does one for no slot", async () => {
  rmSync(join(trees.admin("one"), "HEAD"));
  await serve();
  const { slot_id: slotId } = await slotAt(trees.tree("one"));
  for (const [path, body, why] of [
    ["/api/v1/recoveries", { slot_id: slotId, dry_run: true }, "does not allow `repair`"],
    [`/api/v1/slots/${slotId}/recover`, {}, "does not allow `repair`"],
    ["/api/v1/recoveries", { pool: "agents-api", dry_run: true }, "name one of its slots"],
    ["/api/v1/recoveries", { dry_run: true }, "no pool manager's slots"],
  ] as const)
    expect(await post(path, body)).toMatchObject({
      status: 409,
      body: { error: { code: "unsupported", message: expect.stringContaining(why) as string } },
    });
  expect(await post(`/api/v1/slots/${slotId}/isolate`, { reason: "test" })).toMatchObject({ status: 409 });
});

test("a person plans and starts over HTTP what the slot's source allows", async () => {
  const head = join(trees.admin("one"), "HEAD");
  const before = readFileSync(head, "utf8");
  rmSync(head);
  await serve("", "allow: [repair]");
  const { slot_id: slotId } = await slotAt(trees.tree("one"));
  const action = `/api/v1/slots/${slotId}/recover`;
  expect(await post(action, { dry_run: true })).toMatchObject({
    status: 200,
    body: { dry_run: true, actions: [{ slot_id: slotId, action: "restore_links", outcome: "planned" }] },
  });
  expect(existsSync(head)).toBe(false);
  expect(await post(action, {})).toMatchObject({ status: 202 });
  await until("HEAD to be back", () => Promise.resolve(existsSync(head) || undefined));
  expect(readFileSync(head, "utf8")).toBe(before);
});

test("an agent says over HTTP that it works in a work tree", async () => {
  await serve();
  const { slot_id: slotId } = await slotAt(trees.tree("one"));
  expect(await post(`/api/v1/slots/${slotId}/heartbeat`, {})).toMatchObject({ status: 200 });
  await untilSeries(
    new RegExp(`repo_pool_slot_owner_info\\{pool="agents-api",slot="${slotId}",evidence="heartbeat"\\} 1`),
  );
});

test("a work tree that comes and goes leaves no series behind", async () => {
  await serve();
  git(trees.repository, "worktree", "add", "-q", trees.tree("three"));
  const [, slotId = ""] = await untilSeries(/slot="(agents-api-three-[0-9a-f]{6})"/);
  await untilSeries(
    new RegExp(`^repo_pool_slot_unsaved_work_\\w+_timestamp_seconds\\{.*slot="${slotId}"`, "m"),
  );
  git(trees.repository, "worktree", "remove", trees.tree("three"));
  await until(`no series of ${slotId}`, async () => !(await metrics()).includes(slotId) || undefined);
  expect(await metrics()).toContain('repo_pool_slots{pool="agents-api",state="available"} 2');
});

test("a checkout is checked deep beside the work trees that share its store, as `discover` has both watched", async () => {
  const program = await serve(`  - { name: own, kind: checkouts, paths: ["${trees.repository}"] }\n`);
  await untilSeries(
    /^repo_pool_slot_verified_timestamp_seconds\{pool="own",slot="own-api-[0-9a-f]{6}",depth="full"\} [1-9]/m,
  );
  expect(program.events("verification.failed")).toEqual([]);
});

test("nobody is ready who can read no source, and is again once one is back", async () => {
  const program = await serve();
  const away = join(trees.root, "away");
  renameSync(join(trees.root, "src"), away);
  const readiness = () => fetch(`http://${program.address}/-/ready`);
  await until("not ready", async () => (await readiness()).status === 503 || undefined);
  expect(await (await readiness()).text()).toContain("the source agents finds nothing");
  expect(await metrics()).toContain('repo_pool_sources_readable{source="agents"} 0');
  renameSync(away, join(trees.root, "src"));
  await until("ready", async () => (await readiness()).status === 200 || undefined);
});

test("serve keeps a copy of the HEAD of each sound work tree, and forgets one that was removed", async () => {
  await serve();
  const file = join(trees.root, ".local/state/repo-pool-sidecar/known-good/agents-api/heads.json");
  const kept = (): string => (existsSync(file) ? readFileSync(file, "utf8") : "");
  await until("the copies", () => (/agents-api-one-.*agents-api-two-/s.test(kept()) ? true : undefined));
  git(trees.repository, "worktree", "remove", trees.tree("two"));
  await until("one copy", () => (kept().includes("agents-api-two-") ? undefined : true));
  expect(kept()).toContain(Buffer.from("ref: refs/heads/one\n").toString("base64"));
});

const alertOn = (slot: string): unknown => ({
  version: "4",
  truncatedAlerts: 0,
  alerts: [
    {
      status: "firing",
      fingerprint: "0123456789abcdef",
      startsAt: new Date().toISOString(),
      labels: { alertname: "RepoPoolSlotCorrupted", auto_recover: "true", pool: "agents-api", slot },
      annotations: {},
    },
  ],
});

test("an alert on a work tree repairs it as recover PATH does, if its source allows that, and else says what is not allowed", async () => {
  leaveLock(join(trees.admin("one"), "index.lock"));
  rmSync(join(trees.admin("two"), "HEAD"));
  await serve("", "allow: [repair]");
  const [locked, headless] = [await slotAt(trees.tree("one")), await slotAt(trees.tree("two"))];
  const refused = await post("/api/v1/alerts", alertOn(locked.slot_id));
  const detail =
    "the source agents does not allow `move_git_lock`, which git_lock_stale needs: add it to its `allow`";
  expect(refused).toMatchObject({
    status: 202,
    body: { decisions: [{ decision: "not_permitted", detail }] },
  });
  const queued = await post("/api/v1/alerts", alertOn(headless.slot_id));
  expect(queued).toMatchObject({ status: 202, body: { decisions: [{ decision: "queued" }] } });
  await until("HEAD", () => (existsSync(join(trees.admin("two"), "HEAD")) ? true : undefined));
  expect(git(trees.tree("two"), "branch", "--show-current")).toBe("two");
  await untilSeries(/^repo_pool_recovery_slots_recovered_total\{pool="agents-api"\} 1$/m);
  expect(existsSync(join(trees.admin("one"), "index.lock"))).toBe(true);
});

test("slots beyond the limits of their sources are reclaimed on a schedule, and counted as those of a command", async () => {
  writeFileSync(join(trees.tree("one"), "new.txt"), "unsaved\n");
  for (const path of [trees.tree("one"), trees.admin("one"), trees.checkout]) ageTree(path, 2);
  // The checkout is idle as long, and its source sets no limit.
  await serve('reclaim: { schedule: "* * * * * *" }', "allow: [reclaim], reclaim: { max_age: 24h }");
  await until("the reclaim", () => (existsSync(trees.tree("one")) ? undefined : true));
  await untilSeries(/^repo_pool_recovery_actions_total\{action="reclaim",mode="live"\} 1$/m);
  expect([trees.tree("two"), trees.checkout].map((path) => existsSync(path))).toEqual([true, true]);
  const saved = readdirSync(join(trees.root, ".local/state/repo-pool-sidecar/salvage"));
  expect(saved.filter((name) => name.includes("-agents-api-one-"))).toHaveLength(1);
});

interface ShownRun {
  readonly recovery_id: string;
  readonly status: string;
  readonly actions: readonly object[];
}

async function runs(): Promise<ShownRun[]> {
  return JSON.parse((await served?.get("/api/v1/recoveries")) ?? "[]") as ShownRun[];
}

test("in mode approve a person lets a reclaim run, and sees before what it moves aside", async () => {
  for (const path of [trees.tree("one"), trees.admin("one")]) ageTree(path, 2);
  await serve(
    'reclaim: { schedule: "* * * * * *" }\nrecovery: { mode: approve }',
    "allow: [reclaim], reclaim: { max_age: 24h }",
  );
  const { recovery_id: id, actions } = await until("the plan", async () => {
    const shown = await runs();
    return shown.find(({ status, actions }) => status === "waiting_for_approval" && actions.length > 0);
  });
  expect(await served?.get("/")).toContain("slots beyond the limits of their sources");
  expect(actions).toMatchObject([
    { action: "reclaim", outcome: "planned", detail: expect.stringContaining(trees.tree("one")) as string },
  ]);
  expect(existsSync(trees.tree("one"))).toBe(true);
  expect(await post(`/api/v1/recoveries/${id}/approve`, {})).toMatchObject({ status: 200 });
  await until("the reclaim", () => (existsSync(trees.tree("one")) ? undefined : true));
  const ended = await until("the end", async () => {
    const run = (await runs()).find(({ recovery_id }) => recovery_id === id);
    return run?.status === "finished" ? run : undefined;
  });
  expect(ended).toMatchObject({ task: "reclaim", trigger: "schedule" });
  expect(ended.actions).toMatchObject([{ action: "reclaim", outcome: "done" }]);
});

test.each(["off", "dry_run"])("in mode %s a schedule reclaims nothing", async (mode) => {
  for (const path of [trees.tree("one"), trees.admin("one")]) ageTree(path, 2);
  const program = await serve(
    `reclaim: { schedule: "* * * * * *" }\nrecovery: { mode: ${mode} }`,
    "allow: [reclaim], reclaim: { max_age: 24h }",
  );
  const told = mode === "off" ? "schedule.off" : "reclaim.finished";
  await until(told, () => (program.output.includes(told) ? true : undefined));
  expect(existsSync(trees.tree("one"))).toBe(true);
});

test("unsaved work is looked at again between deep checks", async () => {
  await serve();
  const { slot_id: slotId } = await slotAt(trees.tree("one"));
  const ofSlot = `pool="agents-api",slot="${slotId}"`;
  const verified = new RegExp(
    `^repo_pool_slot_verified_timestamp_seconds\\{${ofSlot},depth="full"\\} ([1-9].*)$`,
    "m",
  );
  const [, before] = await untilSeries(verified);
  writeFileSync(join(trees.tree("one"), "new.txt"), "unsaved\n");
  await untilSeries(new RegExp(`^repo_pool_slot_unsaved_work\\{${ofSlot},kind="untracked"\\} 1$`, "m"));
  expect((await untilSeries(verified))[1]).toBe(before);
});
