import { EventEmitter, once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, test } from "vitest";
import { RateLimit } from "../../src/http/auth/rate-limit.ts";
import { emptyWebConfig } from "../../src/http/auth/web-config.ts";
import { ConnectionLimit } from "../../src/http/connection-limit.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { aServer, aTokenFile, errorCode } from "./a-server.ts";
import { bearer } from "./credentials.ts";
import { fakeHttpDependencies } from "./fake-http-dependencies.ts";

test("ready answers 503 with the reason for as long as there is one", async () => {
  let reason: string | undefined = "/pools holds no pool";
  const { dependencies } = fakeHttpDependencies({ notReadyReason: () => reason });
  const { get } = await aServer(dependencies);
  const refused = await get("/-/ready");
  expect([refused.status, await refused.text()]).toEqual([503, "/pools holds no pool\n"]);
  reason = undefined;
  expect((await get("/-/ready")).status).toBe(200);
});

test("metrics are passed on with the content type that was rendered", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies, { telemetryPath: "/telemetry" });
  const response = await get("/telemetry");
  expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
  expect(await response.text()).toBe("repo_pool_up 1\n");
});

test("slots are served in snake_case with null for what is not known", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies);
  const response = await get("/api/v1/slots/workspace-demo-slot1");
  expect(await response.json()).toMatchObject({ slot_id: "workspace-demo-slot1", allocated_at: null });
});

test("an unknown slot, recovery or path is 404 with a JSON error", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies);
  for (const path of [
    "/api/v1/slots/nothing",
    "/api/v1/recoveries/nothing",
    "/nothing",
    "/api/v1/slots/__proto__",
  ]) {
    const response = await get(path);
    expect([path, response.status, await errorCode(response)]).toEqual([path, 404, "not_found"]);
  }
});

test("a path that cannot be decoded is 400, not our failure", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies);
  expect((await get("/api/v1/slots/%ff")).status).toBe(400);
});

test("before the first collection the inventory answers 503 with Retry-After", async () => {
  const { dependencies } = fakeHttpDependencies({ snapshot: () => undefined });
  const { get } = await aServer(dependencies);
  const response = await get("/api/v1/anomalies");
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "10"]);
});

test("a recovery carries the operator's name and only the options that were given", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const response = await post("/api/v1/slots/workspace-demo-slot1/recover", { dry_run: true }, bearer);
  expect(response.status).toBe(202);
  expect(callsOf("submit")).toEqual([
    { slotId: "workspace-demo-slot1", force: false, options: { dryRun: true }, operator: "token" },
  ]);
});

test("an option that does not exist is 400 and nothing is submitted", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const response = await post("/api/v1/recoveries", { force_relase_long_allocated: true }, bearer);
  expect(await errorCode(response)).toBe("malformed");
  expect(callsOf("submit")).toEqual([]);
});

test("a pause that would already be over is refused", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const body = { name: "n", reason: "r", expires_at: "2026-05-04T11:59:59Z" };
  expect(await errorCode(await post("/-/pause", body, bearer))).toBe("expired");
  expect(callsOf("pause")).toEqual([]);
});

test("a failing dependency is 500 without its message, and the request id is sent back", async () => {
  const { dependencies } = fakeHttpDependencies({
    snapshot: () => {
      throw new Error("secret detail");
    },
  });
  const { get } = await aServer(dependencies);
  const response = await get("/api/v1/slots", { headers: { "x-request-id": "abc-1" } });
  expect([response.status, response.headers.get("x-request-id")]).toEqual([500, "abc-1"]);
  expect(await response.text()).not.toContain("secret detail");
});

test("a stop waits for a running request and then refuses new ones", async () => {
  let finish: () => void = () => undefined;
  let begun: () => void = () => undefined;
  const hasBegun = new Promise<void>((resolve) => (begun = resolve));
  const { dependencies } = fakeHttpDependencies({
    salvages: () => {
      begun();
      return new Promise(
        (resolve) =>
          (finish = () => {
            resolve([]);
          }),
      );
    },
  });
  const { get, server } = await aServer(dependencies);
  const running = get("/api/v1/salvages");
  await hasBegun;
  const stopped = server.stop();
  await expect(get("/-/healthy")).rejects.toThrow();
  finish();
  expect((await running).status).toBe(200);
  await stopped;
});

test("an address that is taken is reported with advice", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { address } = await aServer(dependencies);
  await expect(aServer(dependencies, { listenAddresses: [address] })).rejects.toMatchObject({
    code: "LISTEN_FAILED",
    message: expect.stringContaining("another process listens there"),
  });
});

test("behind a proxy that passes the external URL's path on, every route is below it as well", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { get } = await aServer(dependencies, { externalUrl: "https://ops.example/pools/" });
  for (const prefix of ["", "/pools"])
    for (const path of ["/", "/assets/page.css", "/metrics", "/-/ready", "/api/v1/slots"])
      expect((await get(prefix + path)).status, prefix + path).toBe(200);
  const bare = await get("/pools", { redirect: "manual" });
  expect([bare.status, bare.headers.get("location")]).toEqual([308, "/pools/"]);
  expect((await get("/other/metrics")).status).toBe(404);
});

test.each(["pools", "ftp://ops.example/", "javascript:alert(1)"])(
  "%s is no external URL",
  async (externalUrl) => {
    const { dependencies } = fakeHttpDependencies();
    await expect(aServer(dependencies, { externalUrl })).rejects.toMatchObject({ code: "OPTION_INVALID" });
  },
);

test("refusals of one kind are logged twenty times a minute at most", async () => {
  const events: string[] = [];
  const logger = { ...silentLogger, warn: (_fields: unknown, event: string) => void events.push(event) };
  const { dependencies } = fakeHttpDependencies({ logger });
  const { post } = await aServer(dependencies);
  for (let attempt = 0; attempt < 30; attempt++) expect((await post("/-/reload", {})).status).toBe(403);
  expect(events).toEqual(Array.from({ length: 20 }, () => "http.refused"));
});

test("a rate limit answers 429 with Retry-After, alerts with 503, and never a probe", async () => {
  const { dependencies } = fakeHttpDependencies();
  const webConfig = { ...emptyWebConfig, rateLimit: { intervalMilliseconds: 3_600_000, burst: 2 } };
  const { get, post } = await aServer(dependencies, { webConfig });
  expect([(await get("/metrics")).status, (await get("/api/v1/slots")).status]).toEqual([200, 200]);
  const refused = await get("/metrics");
  expect([refused.status, await errorCode(refused)]).toEqual([429, "rate_limited"]);
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(3500);
  expect((await post("/api/v1/alerts", {})).status).toBe(503);
  for (const path of ["/-/healthy", "/-/ready"]) expect((await get(path)).status).toBe(200);
});

test("a wait for the rate limit is in whole milliseconds, whatever the clock's fractions add up to", () => {
  // The sum is on the other side of 2 ** 20, where fractions are coarser.
  for (let milliseconds = 1_040_000; milliseconds < 1_040_001; milliseconds += 1e-3) {
    const limit = new RateLimit(() => milliseconds);
    expect(limit.takeOrWaitMilliseconds({ intervalMilliseconds: 10_000, burst: 0 })).toBe(10_000);
  }
});

test("the bucket of a rate limit gets one request back after each interval", () => {
  let now = 1000;
  const limit = new RateLimit(() => now);
  const take = () => limit.takeOrWaitMilliseconds({ intervalMilliseconds: 100, burst: 2 });
  expect([take(), take(), take()]).toEqual([0, 0, 100]);
  now += 100;
  expect([take(), take()]).toEqual([0, 100]);
  now += 1000;
  expect([take(), take(), take()]).toEqual([0, 0, 100]);
});

test("idle connections, more than there may be, never keep a probe or a scrape out", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { address, get } = await aServer(dependencies);
  const [host, port] = address.split(":");
  const sockets = Array.from({ length: 1100 }, () => connect({ host: host!, port: Number(port) }));
  for (const socket of sockets) socket.on("error", () => undefined);
  await Promise.all(sockets.map((socket) => once(socket, "connect")));
  // What was sent of a request so far makes a connection no busier.
  for (const socket of sockets) socket.write("GET /metrics HTTP/1.1\r\n");
  for (const path of ["/-/healthy", "/-/ready", "/metrics"])
    expect((await get(path, { headers: { connection: "close" } })).status).toBe(200);
  for (const socket of sockets) socket.destroy();
});

test("a connection with a request is not closed for another one", () => {
  const closed: string[] = [];
  const connection = (name: string) =>
    Object.assign(new EventEmitter(), { destroy: () => closed.push(name) }) as unknown as Socket;
  const limit = new ConnectionLimit(2);
  const [busy, idle] = [connection("busy"), connection("idle")];
  expect([limit.admit(busy), limit.admit(idle)]).toEqual([true, true]);
  const response = new EventEmitter();
  limit.noteRequest(busy, response);
  const next = connection("next");
  expect([limit.admit(next), closed]).toEqual([true, ["idle"]]);
  limit.noteRequest(next, new EventEmitter());
  expect([limit.admit(connection("late")), closed]).toEqual([false, ["idle", "late"]]);
  response.emit("prefinish");
  expect([limit.admit(connection("last")), closed]).toEqual([true, ["idle", "late", "busy"]]);
});
