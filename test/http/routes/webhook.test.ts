import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { aServer, aTokenFile, errorCode } from "../a-server.ts";
import { basic, bearer, usersConfig } from "../credentials.ts";
import { fakeHttpDependencies } from "../fake-http-dependencies.ts";

const path = "/api/v1/alerts";

test("an accepted notification is 202 with what was decided", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const response = await post(path, { version: "4" }, bearer);
  expect(response.status).toBe(202);
  expect(await response.json()).toEqual({
    decisions: [{ fingerprint: "aa", status: "firing", decision: "queued", slot_id: "workspace-demo-slot1" }],
  });
});

test("a user of the web configuration may post as well as the token", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { webConfig: usersConfig, bearerTokenFile: aTokenFile() });
  expect((await post(path, {}, basic("ann", "secret"))).status).toBe(202);
  expect((await post(path, {}, bearer)).status).toBe(202);
});

test.each([
  ["overloaded", 503],
  ["not_ready", 503],
  ["not_leader", 503],
] as const)("%s is 503 with Retry-After, so that Alertmanager tries again", async (kind, status) => {
  const { dependencies, callsOf } = fakeHttpDependencies({ receiveAlerts: () => ({ kind }) });
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const response = await post(path, {}, bearer);
  expect([response.status, response.headers.get("retry-after")]).toEqual([status, "10"]);
  expect(callsOf("onRejected")).toEqual([kind]);
});

test("if remediation is off, the webhook says remediation_disabled, also without authentication configured", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies({ isRemediationEnabled: () => false });
  const open = await aServer(dependencies);
  const closed = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  expect(await errorCode(await open.post(path, {}))).toBe("remediation_disabled");
  expect(await errorCode(await closed.post(path, {}, bearer))).toBe("remediation_disabled");
  expect(await errorCode(await closed.post(path, {}))).toBe("unauthorized");
  expect(callsOf("onRejected")).toEqual(["disabled", "disabled", "unauthorized"]);
});

const nested = (depth: number) => `{"a":${"[".repeat(depth)}${"]".repeat(depth)}}`;

test.each([
  ["no JSON", "{", {}, 400, "malformed", "malformed"],
  ["a wrong type", "x=1", { "content-type": "text/plain" }, 415, "unsupported_media_type", "malformed"],
  ["more than 1 MiB", `{"a":"${"x".repeat(1024 * 1024)}"}`, {}, 413, "too_large", "too_large"],
  ["deep nesting", nested(100_000), {}, 400, "too_deep", "malformed"],
  ["brackets that only a string holds are no nesting", `{"a":"${"[".repeat(1000)}\\"["}`, {}, 202, "", ""],
] as const)(
  "a body with %s is answered as documented",
  async (_name, body, headers, status, code, rejection) => {
    const { dependencies, callsOf } = fakeHttpDependencies();
    const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
    const response = await post(path, body, { ...bearer, ...headers });
    expect(response.status).toBe(status);
    if (status === 202) return;
    expect(await errorCode(response)).toBe(code);
    expect(callsOf("onRejected")).toEqual([rejection]);
    expect(callsOf("receiveAlerts")).toEqual([]);
  },
);

test("a compressed body is refused and never inflated", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { get } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const headers = { ...bearer, "content-type": "application/json", "content-encoding": "gzip" };
  const response = await get(path, {
    method: "POST",
    headers,
    body: gzipSync(Buffer.alloc(50_000_000, 0x20)),
  });
  expect(response.status).toBe(415);
  expect(callsOf("receiveAlerts")).toEqual([]);
});

test("keys that pollute prototypes arrive as plain data", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  await post(path, '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}', bearer);
  expect(callsOf("receiveAlerts")).toHaveLength(1);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("a sender that drips its body is cut off", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { address } = await aServer(dependencies, {
    bearerTokenFile: aTokenFile(),
    requestTimeoutSeconds: 0.3,
  });
  const [host, port] = address.split(":");
  const answer = await new Promise<string>((resolve) => {
    let received = "";
    const socket = connect(Number(port), host);
    socket.on("data", (bytes) => (received += bytes.toString()));
    socket.on("close", () => {
      resolve(received);
    });
    socket.write(
      `POST ${path} HTTP/1.1\r\nHost: a\r\nAuthorization: ${bearer.authorization}\r\n` +
        "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{",
    );
  });
  expect(answer).toContain("408");
});
