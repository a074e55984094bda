import { rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { RealPool } from "../kit/real-pool.ts";

let pool: RealPool;
let server: Server;
let port = 0;
let bodies: string[] = [];
let answer: { status: number; headers?: Record<string, string> } | "silence" = { status: 204 };
let warnings: string[] = [];
const onWarning = (warning: Error): void => void warnings.push(warning.message);

beforeEach(async () => {
  pool = new RealPool(2);
  bodies = [];
  warnings = [];
  answer = { status: 204 };
  server = createServer((request, response) => {
    void text(request).then((body) => {
      bodies.push(`${request.url} ${body}`);
      if (answer !== "silence") response.writeHead(answer.status, answer.headers).end("an answer");
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  process.on("warning", onWarning);
});

afterEach(() => {
  process.off("warning", onWarning);
  server.closeAllConnections();
  server.close();
  pool.destroy();
});

function aManager(address: string): PoolManager {
  const file = join(pool.root, "webhook-url");
  writeFileSync(file, `${address}\n`);
  const { workspacesDir, stateDir } = pool;
  const config = { ...createDefaultConfig(pool.root), workspacesDir, stateDir };
  return new PoolManager({ config: { ...config, healthCheck: { webhookUrlFile: file } } });
}

const breakSlot = () => {
  rmSync(join(pool.slotPath(2), ".git", "HEAD"));
};
const url = () => `http://127.0.0.1:${port}/hook/secret`;
const untilWarned = () => expect.poll(() => warnings, { timeout: 30_000 }).toHaveLength(1);

test("a healthy pool is no news; a broken one is posted, recovered where asked, and then no news again", async () => {
  const manager = aManager(url());
  expect(await manager.healthCheck()).toBe(true);
  expect(bodies).toEqual([]);
  breakSlot();
  expect(await manager.healthCheck({ recover: {} })).toBe(false);
  expect(bodies).toHaveLength(1);
  expect(bodies[0]).toMatch(/^\/hook\/secret /);
  expect(JSON.parse(bodies[0]?.slice("/hook/secret ".length) ?? "")).toMatchObject({
    corrupted_slots: 1,
    findings: [{ kind: "corrupted_slot", slot_id: "workspace-demo-slot2", repo_name: "demo" }],
    findings_left_out: 0,
  });
  expect(await manager.healthCheck()).toBe(true);
  expect(warnings).toEqual([]);
});

test.each([
  { what: "an error", given: { status: 500 }, expected: "the answer was 500" },
  {
    what: "a redirect",
    given: { status: 307, headers: { location: "/elsewhere" } },
    expected: "the answer was 307",
  },
])("$what is followed nowhere and warned of without the address", async ({ given, expected }) => {
  answer = given;
  breakSlot();
  expect(await aManager(url()).healthCheck()).toBe(false);
  await untilWarned();
  expect(warnings).toEqual([`health_check.webhook_url_file: ${expected}`]);
  expect(bodies).toHaveLength(1);
});

test.each([
  "not a url",
  "file:///etc/passwd",
  "http://user:secret@127.0.0.1:1/",
  "http://127.0.0.1:1/secret",
])("%s fails the notice alone, and no warning holds the address", async (address) => {
  breakSlot();
  expect(await aManager(address).healthCheck({ recover: {} })).toBe(false);
  await untilWarned();
  expect(warnings[0]).not.toContain("secret");
  expect(warnings[0]).not.toContain("passwd");
  expect(bodies).toEqual([]);
});

test("a receiver that never answers is given up, and the slot is recovered all the same", async () => {
  answer = "silence";
  breakSlot();
  const manager = aManager(url());
  expect(await manager.healthCheck({ recover: {} })).toBe(false);
  await untilWarned();
  expect(warnings).toEqual(["health_check.webhook_url_file: no answer in time"]);
  expect(await manager.detectCorruptedSlots()).toEqual([]);
}, 60_000);
