import { expect, test } from "vitest";
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
