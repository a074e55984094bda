import { readFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { burstHeaders, serveForBurst } from "../kit/alert-burst.ts";
import { RealPool } from "../kit/real-pool.ts";
import type { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

const memoryLimitKibibytes = 300 * 1024;

let pool: RealPool;
let served: ServedProgram;
const dripping: Socket[] = [];

beforeEach(async () => {
  pool = new RealPool(2);
  served = await serveForBurst(pool);
  await until("the first collection", async () =>
    (await served.metric('repo_pool_up{pool="demo"}')) === 1 ? true : undefined,
  );
});
afterEach(async () => {
  for (const socket of dripping.splice(0)) socket.destroy();
  await served.stop();
  pool.destroy();
});

async function statusOf(body: string | Buffer, headers: Record<string, string> = {}): Promise<number> {
  const url = `http://${served.address}/api/v1/alerts`;
  const init = { method: "POST", headers: { ...burstHeaders, ...headers }, body };
  const response = await fetch(url, init);
  await response.arrayBuffer();
  return response.status;
}

/** A sender that begins a body and goes on a byte at a time. */
function drip(): void {
  const [host, port] = served.address.split(":");
  const socket = connect(Number(port), host);
  socket.on("error", () => undefined);
  socket.write(
    `POST /api/v1/alerts HTTP/1.1\r\nHost: a\r\nAuthorization: ${burstHeaders.authorization}\r\n` +
      "Content-Type: application/json\r\nContent-Length: 1000000\r\n\r\n{",
  );
  const drop = setInterval(() => socket.write(" "), 50);
  socket.on("close", () => {
    clearInterval(drop);
  });
  dripping.push(socket);
}

function group(alertCount: number): string {
  const alerts = Array.from({ length: alertCount }, (_, index) => {
    const times = { startsAt: "2026-05-04T11:00:00Z" };
    return { status: "firing", labels: {}, ...times, fingerprint: index.toString(16) };
  });
  return JSON.stringify({ version: "4", alerts });
}

test("while bad input comes in every form at once, each is answered, scrapes go on and memory stays under 300 MiB", async () => {
  for (let sender = 0; sender < 100; sender++) drip();
  const bomb = gzipSync(Buffer.alloc(100_000_000, 0x20));
  const forms: readonly (readonly [string, () => Promise<number>, number])[] = [
    ["huge", () => statusOf(" ".repeat(1024 * 1024 + 1)), 413],
    ["deep", () => statusOf("[".repeat(1024 * 1024)), 400],
    ["a bomb", () => statusOf(bomb, { "content-encoding": "gzip" }), 415],
    ["a large group", () => statusOf(group(10_000)), 202],
    ["wrong types", () => statusOf('{"version":4,"alerts":{}}'), 400],
    ["polluting", () => statusOf('{"__proto__":{"version":"4"},"alerts":[]}'), 400],
  ];
  for (let round = 0; round < 10; round++) {
    const answers = forms.map(async ([name, send, status]) => [name, await send(), status] as const);
    const scraped = await served.get("/metrics");
    expect(scraped).toContain('repo_pool_up{pool="demo"} 1');
    for (const [name, status, expected] of await Promise.all(answers))
      expect([name, status]).toEqual([name, expected]);
  }
  expect(dripping.every((socket) => !socket.destroyed)).toBe(true);
  const status = readFileSync(`/proc/${served.pid}/status`, "utf8");
  expect(Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1])).toBeLessThan(memoryLimitKibibytes);
});
