import { afterEach, expect, test } from "vitest";
import type { GatewayDependencies } from "../../../src/http/gateway/gateway-dependencies.ts";
import { gatewayRoutes } from "../../../src/http/gateway/gateway-routes.ts";
import { startHttpServer, type HttpServer } from "../../../src/http/http-server.ts";
import { openapiDocument } from "../../../src/http/openapi-document.ts";
import { unavailable } from "../../../src/http/request-refusal.ts";
import { OpenapiCheck } from "../../kit/openapi-check.ts";
import { aTokenFile, defaultSettings } from "../a-server.ts";
import { basic, bearer, usersConfig } from "../credentials.ts";
import { fakeGateway, waiting } from "./fake-gateway.ts";

const servers: HttpServer[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) await server.stop();
});

async function aGateway(given: Partial<GatewayDependencies> = {}) {
  const settings = { ...defaultSettings, bearerTokenFile: aTokenFile(), webConfig: usersConfig };
  const server = await startHttpServer(settings, fakeGateway(given), gatewayRoutes);
  servers.push(server);
  return (path: string, init: RequestInit = {}) =>
    fetch(`http://${server.addresses[0] ?? ""}${path}`, { headers: bearer, ...init });
}

const json = { ...bearer, "content-type": "application/json" };

test.each([
  ["get /-/healthy", 200, "/-/healthy"],
  ["get /-/ready", 200, "/-/ready"],
  ["post /api/v1/alerts", 202, "/api/v1/alerts"],
  ["get /api/v1/hosts", 200, "/api/v1/hosts"],
  ["post /api/v1/hosts/{id}/forget", 200, "/api/v1/hosts/build%201/forget"],
  ["post /api/v1/hosts/{id}/forget", 404, "/api/v1/hosts/other/forget"],
  ["get /api/v1/recoveries", 200, "/api/v1/recoveries"],
  ["get /api/v1/recoveries/{id}", 200, `/api/v1/recoveries/${waiting.recoveryId}`],
  ["get /api/v1/recoveries/{id}", 404, "/api/v1/recoveries/none"],
  ["post /api/v1/recoveries/{id}/approve", 202, `/api/v1/recoveries/${waiting.recoveryId}/approve`],
  ["post /api/v1/recoveries/{id}/reject", 409, `/api/v1/recoveries/${waiting.recoveryId}/reject`],
  ["get /api/v1/openapi.json", 200, "/api/v1/openapi.json"],
])("%s answers %i as the document has it", async (operation, status, path) => {
  const check = new OpenapiCheck(openapiDocument("1.2.3", gatewayRoutes));
  const isPost = operation.startsWith("post");
  const get = await aGateway();
  const response = await get(path, isPost ? { method: "POST", headers: json, body: "{}" } : {});
  const contentType = response.headers.get("content-type") ?? "";
  const text = await response.text();
  expect(check.problemsOf({ operation, status: response.status, contentType, text })).toEqual([]);
  expect(response.status, text).toBe(status);
});

test("while PostgreSQL is away a gateway is not ready, answers 503 with Retry-After, and its page says so", async () => {
  const away = () => Promise.reject(unavailable("queue_unavailable"));
  const get = await aGateway({
    notReadyReason: () => "the fleet's PostgreSQL does not answer",
    receiveAlerts: () => Promise.resolve({ kind: "queue_unavailable" }),
    fleet: away,
    recoveries: { ...fakeGateway().recoveries, list: away },
  });
  expect((await get("/-/ready")).status).toBe(503);
  const refused = await get("/api/v1/alerts", { method: "POST", headers: json, body: "{}" });
  expect([refused.status, refused.headers.get("retry-after")]).toEqual([503, "10"]);
  expect(await refused.json()).toMatchObject({ error: { code: "queue_unavailable" } });
  expect((await get("/api/v1/hosts")).status).toBe(503);
  const page = await get("/");
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("PostgreSQL does not answer");
});

test("nobody decides, forgets or sends alerts without credentials", async () => {
  const get = await aGateway();
  for (const path of [
    "/api/v1/alerts",
    "/api/v1/hosts/build%201/forget",
    "/api/v1/recoveries/rec-1/approve",
  ]) {
    const response = await get(path, { method: "POST", headers: {} });
    expect(response.status, path).toBe(401);
  }
});

test("the page shows hosts that are silent, shared pools and what waits, with buttons that send decisions", async () => {
  const get = await aGateway();
  const user = basic("ann", "secret");
  const shown = await get("/", { headers: user });
  const page = await shown.text();
  expect(page).toContain("build &lt;1&gt;");
  expect(page).toContain("silent for 6 min");
  expect(page).toContain("shared_pool");
  expect(page).toContain("1 dead letter,");

  const token = /name="form_token" value="([^"]+)"/.exec(page)?.[1] ?? "";
  const cookie = shown.headers.getSetCookie().join("; ").split(";")[0] ?? "";
  const press = (fields: Record<string, string>) =>
    get("/", {
      method: "POST",
      headers: { ...user, cookie, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ form_token: token, ...fields }).toString(),
    });
  const pressed = await press({ action: "approve", recovery: waiting.recoveryId });
  expect(await pressed.text()).toContain("approve is on its way to build &lt;1&gt;");
  const late = await press({ action: "reject", recovery: waiting.recoveryId });
  expect(await late.text()).toContain("no longer waits");
  expect((await press({ action: "resume", pause: "x" })).status).toBe(400);
});
