import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { OpenapiCheck } from "../kit/openapi-check.ts";
import { RealPool } from "../kit/real-pool.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

let pool: RealPool;
let served: ServedProgram;
let check: OpenapiCheck;
/** `post /-/pause 201` and so on: what the program has answered. */
let given: Set<string>;

beforeEach(async () => {
  pool = new RealPool(4);
  for (const number of [2, 3]) rmSync(join(pool.slotPath(number), ".git", "HEAD"));
  const tokenFile = join(pool.root, "token");
  const poolsFile = join(pool.root, "pools.yaml");
  writeFileSync(tokenFile, "openapi-token");
  writeFileSync(poolsFile, `pools: { fresh: { repo_url: "${pool.url}", num_slots: 1 } }\n`);
  served = await ServedProgram.start(pool, {
    config: `pools_config: ${poolsFile}
remediation: { enabled: true, mode: approve, auth: { bearer_token_file: ${tokenFile} } }
recovery: { max_unhealthy_ratio: 1 }
collector: { schedule: "* * * * * *" }
`,
  });
  await until("the first collection", async () =>
    (await served.get("/-/ready")) === "ready\n" ? true : undefined,
  );
  check = new OpenapiCheck(JSON.parse(await served.get("/api/v1/openapi.json")));
  given = new Set();
});
afterEach(async () => {
  await served.stop();
  pool.destroy();
});

/** Sends a request of the document, its answer compared with the document. */
async function ask(operation: string, sent: { name?: string; body?: object } = {}): Promise<unknown> {
  const [method = "", template = ""] = operation.split(" ");
  const headers = { authorization: "Bearer openapi-token", "content-type": "application/json" };
  const response = await fetch(`http://${served.address}${template.replace(/\{\w+\}/, sent.name ?? "")}`, {
    method: method.toUpperCase(),
    headers,
    body: method === "get" ? null : JSON.stringify(sent.body ?? {}),
  });
  const text = await response.text();
  const contentType = response.headers.get("content-type") ?? "";
  expect(check.problemsOf({ operation, status: response.status, contentType, text })).toEqual([]);
  given.add(`${operation} ${response.status}`);
  return contentType.startsWith("application/json") ? JSON.parse(text) : text;
}

function anAlertOf(number: number) {
  const labels = { alertname: "RepoPoolSlotCorrupted", auto_recover: "true", slot: pool.slotId(number) };
  const times = { startsAt: new Date().toISOString(), endsAt: "0001-01-01T00:00:00Z" };
  return { status: "firing", labels, annotations: {}, ...times, fingerprint: `f${number}` };
}

async function lifecycle(): Promise<void> {
  await ask("get /-/healthy");
  await ask("get /-/ready");
  await ask("post /-/reload");
  await ask("put /-/reload");
  await ask("post /-/pause", { body: { name: "disk", reason: "a new disk", slot_id: pool.slotId(1) } });
  await ask("get /api/v1/status");
  await ask("get /api/v1/pauses");
  await ask("post /-/resume", { body: { name: "disk" } });
  await ask("get /api/v1/openapi.json");
}

async function recoveries(): Promise<void> {
  const alerts = [anAlertOf(2), anAlertOf(3), { ...anAlertOf(1), status: "resolved" }];
  const { decisions } = (await ask("post /api/v1/alerts", { body: { version: "4", alerts } })) as {
    decisions: { recovery_id?: string }[];
  };
  const [first = "", second = ""] = decisions.map((decision) => decision.recovery_id);
  await ask("get /api/v1/recoveries/{id}", { name: first });
  await ask("post /api/v1/recoveries/{id}/approve", { name: first });
  await ask("post /api/v1/recoveries/{id}/reject", { name: second });
  await until("the approved recovery", async () => {
    const recovery = await ask("get /api/v1/recoveries/{id}", { name: first });
    return (recovery as { status: string }).status === "finished" ? true : undefined;
  });
  await ask("post /api/v1/recoveries", { body: { dry_run: true } });
  await ask("post /api/v1/slots/{id}/recover", { name: pool.slotId(3), body: { dry_run: true } });
  await ask("post /api/v1/slots/{id}/recover", { name: pool.slotId(3) });
  await ask("post /api/v1/recoveries", { body: { pool: "demo" } });
  await ask("get /api/v1/recoveries");
}

async function pools(): Promise<void> {
  await ask("post /api/v1/pools", { body: { repo_name: "fresh" } });
  await ask("post /api/v1/pools/{name}/slots", { name: "fresh" });
  await ask("post /api/v1/pools/{name}/allocate", { name: "fresh" });
  await ask("post /api/v1/slots/{id}/heartbeat", { name: "workspace-fresh-slot1" });
  await ask("post /api/v1/slots/{id}/release", { name: "workspace-fresh-slot1" });
  writeFileSync(join(pool.slotPath(4), "unsaved.txt"), "work\n");
  await ask("post /api/v1/slots/{id}/remove", { name: pool.slotId(4) });
  await ask("get /api/v1/salvages");
  await until("no recovery is running", async () => {
    const pruned = await ask("post /api/v1/salvages/prune", { body: { dry_run: true } });
    return (pruned as { error?: object }).error === undefined ? true : undefined;
  });
  await ask("post /api/v1/slots/{id}/isolate", { name: pool.slotId(1), body: { reason: "a bad disk" } });
  rmSync(join(pool.workspacesDir, "fresh"), { recursive: true });
  await ask("post /api/v1/pools/{name}/remove", { name: "fresh" });
}

async function readsAndLocks(): Promise<void> {
  mkdirSync(join(pool.workspacesDir, "locks", "workspace-gone-slot1.lock"));
  await ask("get /api/v1/locks");
  await ask("post /api/v1/slots/{id}/unlock", { name: pool.slotId(1) });
  await ask("post /api/v1/locks/clean");
  await ask("get /api/v1/anomalies");
  await ask("get /api/v1/pools");
  await ask("get /api/v1/slots");
  await ask("get /api/v1/slots/{id}", { name: pool.slotId(1) });
}

test("every route of the OpenAPI document, asked of the served program, answers as the document says", async () => {
  await lifecycle();
  await recoveries();
  await pools();
  await readsAndLocks();
  const successes = (answers: Iterable<string>) =>
    [...answers].filter((answer) => / 2\d\d$/.test(answer)).sort();
  expect(successes(given)).toEqual(successes(check.listed()));
});
