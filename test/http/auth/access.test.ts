import { rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { hostname } from "node:os";
import { hashSync } from "bcryptjs";
import { expect, test } from "vitest";
import { emptyWebConfig } from "../../../src/http/auth/web-config.ts";
import { PasswordCheck } from "../../../src/http/auth/password-check.ts";
import { roles } from "../../../src/http/auth/role.ts";
import { aServer, aTokenFile, errorCode } from "../a-server.ts";
import { basic, bearer, usersConfig } from "../credentials.ts";
import { fakeHttpDependencies } from "../fake-http-dependencies.ts";

/** With any Host: fetch does not allow that. */
function reload(address: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(
      `http://${address}/-/reload`,
      { method: "POST", headers, agent: false },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    sent.on("error", reject);
    sent.end();
  });
}

test("reads are open on a server without users, and closed by users of the web configuration", async () => {
  const { dependencies } = fakeHttpDependencies();
  const open = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const closed = await aServer(dependencies, { webConfig: usersConfig, bearerTokenFile: aTokenFile() });
  for (const path of ["/", "/metrics", "/-/healthy", "/api/v1/slots", "/assets/page.css"]) {
    expect((await open.get(path)).status).toBe(200);
    const refused = await closed.get(path);
    expect([path, refused.status]).toEqual([path, 401]);
    expect(refused.headers.get("www-authenticate")).toContain("Basic");
    expect((await closed.get(path, { headers: bearer })).status).toBe(200);
  }
});

test("a changed token file is in force at once, and a lost one opens nothing", async () => {
  const { dependencies } = fakeHttpDependencies();
  const path = aTokenFile();
  const { post } = await aServer(dependencies, { bearerTokenFile: path });
  writeFileSync(path, "a-new-token");
  expect((await post("/-/reload", {}, bearer)).status).toBe(401);
  expect((await post("/-/reload", {}, { authorization: "Bearer a-new-token" })).status).toBe(200);
  for (const lose of [
    () => {
      writeFileSync(path, "");
    },
    () => {
      rmSync(path);
    },
  ]) {
    lose();
    expect((await post("/-/reload", {}, { authorization: "Bearer a-new-token" })).status).toBe(401);
    expect((await post("/-/reload", {}, { authorization: "Bearer " })).status).toBe(401);
  }
});

test("an Origin that is not this server's is refused, whatever the credentials", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const settings = { bearerTokenFile: aTokenFile(), externalUrl: "https://ops.example/pool/" };
  const { post, address } = await aServer(dependencies, settings);
  for (const origin of [
    "http://evil.example",
    "null",
    `http://${address}.evil.example`,
    `ftp://${address}`,
  ]) {
    expect([origin, await errorCode(await post("/-/reload", {}, { ...bearer, origin }))]).toEqual([
      origin,
      "bad_origin",
    ]);
  }
  expect(callsOf("reload")).toEqual([]);
  for (const origin of [`http://${address}`, "https://ops.example"]) {
    expect((await post("/-/reload", {}, { ...bearer, origin })).status).toBe(200);
  }
});

test("a user's change needs a Host that is ours; a token's does not", async () => {
  const { dependencies } = fakeHttpDependencies();
  const settings = {
    webConfig: usersConfig,
    bearerTokenFile: aTokenFile(),
    externalUrl: "https://ops.example",
  };
  const { address } = await aServer(dependencies, settings);
  const user = basic("ann", "secret");
  expect(await reload(address, { ...user, host: "rebound.example" })).toBe(403);
  for (const host of ["127.0.0.1:1", "[::1]:10469", "localhost:9", hostname(), "ops.example"]) {
    expect([host, await reload(address, { ...user, host })]).toEqual([host, 200]);
  }
  expect(await reload(address, { ...bearer, host: "rebound.example" })).toBe(200);
});

test("bad passwords in numbers never keep a good one out", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { webConfig: usersConfig });
  const guess = (index: number) => post("/-/reload", {}, basic("ann", `guess-${index}`));
  const before = Array.from({ length: 150 }, (_, index) => guess(index));
  // Never seen before, from the address that the guesses come from, and in their midst.
  const good = Array.from({ length: 20 }, () => post("/-/reload", {}, basic("ann", "secret")));
  const after = Array.from({ length: 150 }, (_, index) => guess(150 + index));
  expect(new Set((await Promise.all(good)).map(({ status }) => status))).toEqual(new Set([200]));
  const statuses = (await Promise.all([...before, ...after])).map(({ status }) => status);
  expect(new Set(statuses)).toEqual(new Set([401]));
  expect(callsOf("onWrongCredentials")).toEqual(Array.from({ length: 300 }, () => "basic"));
});

test("wrong tokens in numbers never keep the right one out, and each is counted", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const sent = Array.from({ length: 200 }, (_, index) => {
    const isGood = index % 4 === 0;
    const authorization = isGood ? bearer.authorization : `Bearer guess-${index}`;
    return post("/api/v1/alerts", {}, { authorization }).then(({ status }) => [isGood, status] as const);
  });
  const answers = await Promise.all(sent);
  expect(answers.every(([isGood, status]) => status === (isGood ? 202 : 401))).toBe(true);
  expect(callsOf("onWrongCredentials")).toEqual(Array.from({ length: 150 }, () => "bearer"));
});

test("a request without credentials is no wrong one", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  expect((await post("/-/reload", {})).status).toBe(401);
  expect(callsOf("onWrongCredentials")).toEqual([]);
});

test("a password check serves another address although one floods it", async () => {
  const check = new PasswordCheck({ waitingPerAddress: 32 });
  const hash = hashSync("secret", 4);
  const flood = Array.from({ length: 200 }, (_, index) =>
    check.check({ user: "ann", password: `guess-${index}`, hash, address: "10.0.0.1" }),
  );
  expect(await check.check({ user: "ann", password: "secret", hash, address: "10.0.0.2" })).toBe("good");
  expect(new Set(await Promise.all(flood))).toEqual(new Set(["bad", "busy"]));
});

test("a user who does not exist is refused like one with a wrong password", async () => {
  const { dependencies } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { webConfig: usersConfig });
  for (const user of ["nobody", "__proto__", "constructor", ""]) {
    expect([user, (await post("/-/reload", {}, basic(user, "secret"))).status]).toEqual([user, 401]);
  }
});

const aTokenOf = (name: string): string => {
  const file = aTokenFile();
  writeFileSync(file, `${name}-token`);
  return file;
};
const tokenOf = (name: string) => ({ authorization: `Bearer ${name}-token` });

/** Open for reads, or closed by a user. */
async function aServerWithRoles(settings: { webConfig?: typeof usersConfig; hasOpenProbes?: boolean }) {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const credentials = roles.map((role) => ({ name: role, role, tokenFile: aTokenOf(role) }));
  return { ...(await aServer(dependencies, { ...settings, credentials })), callsOf };
}

test.each([
  ["read", { read: 200, webhook: 403, operate: 403 }],
  ["webhook", { read: 403, webhook: 202, operate: 403 }],
  ["operate", { read: 200, webhook: 202, operate: 200 }],
])("a token of the role %s is good for that alone", async (role, expected) => {
  const { get, post, callsOf } = await aServerWithRoles({ webConfig: usersConfig });
  const statuses = {
    read: (await get("/metrics", { headers: tokenOf(role) })).status,
    webhook: (await post("/api/v1/alerts", {}, tokenOf(role))).status,
    operate: (await post("/-/reload", {}, tokenOf(role))).status,
  };
  expect(statuses).toEqual(expected);
  expect(callsOf("reload")).toEqual(role === "operate" ? [{ operator: "operate" }] : []);
});

test("where reads are open, a token for alerts closes none", async () => {
  const { get } = await aServerWithRoles({});
  expect((await get("/metrics", { headers: tokenOf("webhook") })).status).toBe(200);
});

test("probes can stay open while everything else is closed", async () => {
  const { get } = await aServerWithRoles({ webConfig: usersConfig, hasOpenProbes: true });
  for (const path of ["/-/healthy", "/-/ready"]) expect((await get(path)).status).toBe(200);
  for (const path of ["/metrics", "/", "/api/v1/slots"]) expect((await get(path)).status).toBe(401);
});

test("users operate until one is listed; then the others may look, and see no buttons", async () => {
  const { dependencies } = fakeHttpDependencies();
  const user = basic("ann", "secret");
  for (const [credentials, status, form] of [
    [[], 200, true],
    [[{ user: "ann", role: "operate" }], 200, true],
    [[{ user: "bob", role: "operate" }], 403, false],
    [[{ certificate: "bob", role: "read" }], 200, true],
  ] as const) {
    const { get, post } = await aServer(dependencies, { webConfig: usersConfig, credentials });
    expect((await post("/-/reload", {}, user)).status).toBe(status);
    expect((await (await get("/", { headers: user })).text()).includes("form_token")).toBe(form);
  }
});

test("a form of the page needs the token of its own cookie", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { get } = await aServer(dependencies, { webConfig: usersConfig });
  const user = basic("ann", "secret");
  const page = await get("/", { headers: user });
  const cookie = page.headers.get("set-cookie")!.split(";")[0]!;
  const send = (token: string, headers: Record<string, string>) =>
    get("/", {
      method: "POST",
      headers: { ...user, ...headers, "content-type": "application/x-www-form-urlencoded" },
      body: new URLSearchParams({ action: "approve", recovery: "rec-1", form_token: token }).toString(),
    });
  expect((await send("x", { cookie })).status).toBe(403);
  expect((await send(cookie.split("=")[1]!, {})).status).toBe(403);
  expect(callsOf("decide")).toEqual([]);
  expect((await send(cookie.split("=")[1]!, { cookie })).status).toBe(200);
  expect(callsOf("decide")).toEqual([{ recoveryId: "rec-1", operator: "ann", decision: "approve" }]);
});

test("a password of up to 72 bytes is compared whole, and a longer one is none", async () => {
  const users = new Map([["bob", hashSync("p".repeat(72), 4)]]);
  const { get } = await aServer(fakeHttpDependencies().dependencies, {
    webConfig: { ...emptyWebConfig, basicAuthUsers: users },
  });
  const statusOf = async (password: string) =>
    (await get("/metrics", { headers: basic("bob", password) })).status;
  expect(await Promise.all([71, 72, 73].map((length) => statusOf("p".repeat(length))))).toEqual([
    401, 200, 401,
  ]);
});
