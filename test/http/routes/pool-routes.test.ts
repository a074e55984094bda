import { expect, test } from "vitest";
import type { OperationOutcome, PoolOperations } from "../../../src/http/pool-operations.ts";
import { aServer, aTokenFile, errorCode } from "../a-server.ts";
import { basic, bearer, usersConfig } from "../credentials.ts";
import { fakeHttpDependencies } from "../fake-http-dependencies.ts";

const slotId = "workspace-demo-slot1";
const anns = { operator: "ann" };

test.each([
  ["pools/demo/slots", 201, "addSlot", { ...anns, repoName: "demo" }],
  ["pools/demo/allocate", 200, "allocate", { ...anns, repoName: "demo" }],
  ["pools/my%20caf%C3%A9/remove", 200, "forgetPool", { ...anns, repoName: "my café" }],
  [`slots/${slotId}/release`, 200, "release", { ...anns, slotId }],
  [`slots/${slotId}/unlock`, 200, "unlock", { ...anns, slotId }],
  [`slots/${slotId}/heartbeat`, 200, "heartbeat", { ...anns, slotId }],
  [`slots/${slotId}/remove`, 200, "removeSlot", { ...anns, slotId, force: false }],
  ["locks/clean", 200, "cleanLocks", anns],
  ["salvages/prune", 200, "pruneSalvages", { ...anns, dryRun: false }],
] as const)(
  "POST %s is answered with %i and carries the operator's name",
  async (path, status, name, asked) => {
    const { dependencies, callsOf } = fakeHttpDependencies();
    const { get } = await aServer(dependencies, { webConfig: usersConfig });
    const response = await get(`/api/v1/${path}`, { method: "POST", headers: basic("ann", "secret") });
    expect([response.status, callsOf(name)]).toEqual([status, [asked]]);
  },
);

test("a pool is made with what was given, and the rest is left to pools.yaml", async () => {
  const { dependencies, callsOf } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const body = { repo_name: "fresh", repo_url: "https://git.example/fresh.git" };
  expect((await post("/api/v1/pools", body, bearer)).status).toBe(201);
  const asked = { repoName: "fresh", repoUrl: "https://git.example/fresh.git", operator: "token" };
  expect(callsOf("createPool")).toEqual([asked]);
});

test.each([
  "/etc",
  "file:///etc",
  "../other",
  "ext::sh -c id",
  "-oProxyCommand=id",
  "--upload-pack=id",
  "-x@host:path",
  "ann@-oProxyCommand:path",
  "https://git.example/\nx",
])(
  "a pool cannot be cloned from %j: nothing that leads to this host's files or runs programs",
  async (url) => {
    const { dependencies, callsOf } = fakeHttpDependencies();
    const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
    const response = await post("/api/v1/pools", { repo_name: "fresh", repo_url: url }, bearer);
    expect([response.status, await errorCode(response)]).toEqual([400, "malformed"]);
    expect(callsOf("createPool")).toEqual([]);
  },
);

test.each([
  ["pools/..%2Fetc/slots", {}],
  ["pools/locks/allocate", {}],
  ["slots/..%2F..%2Fetc%2Fpasswd/unlock", {}],
  ["slots/workspace-demo-slot0/remove", { force: true }],
])("POST %s names nothing that a pool can have and is looked up nowhere", async (path, body) => {
  const { dependencies, calls } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const response = await post(`/api/v1/${path}`, body, bearer);
  expect([response.status, calls]).toEqual([404, []]);
});

test.each([
  ["pools", { repo_name: "../etc" }],
  ["pools", { repo_name: "fresh", num_slots: 10_001 }],
  ["pools", { repo_name: "fresh", directory: "/tmp/elsewhere" }],
  ["pools/demo/allocate", { slot_id: slotId }],
  ["salvages/prune", { max_age: "0s" }],
  [`slots/${slotId}/remove`, { force: "yes" }],
] as const)("a body for %s with %j is 400, and nothing is done", async (path, body) => {
  const { dependencies, calls } = fakeHttpDependencies();
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  expect(await errorCode(await post(`/api/v1/${path}`, body, bearer))).toBe("malformed");
  expect(calls).toEqual([]);
});

const outcomes: readonly (readonly [OperationOutcome<never>, number, string])[] = [
  [{ kind: "refused", reason: "lock_held", detail: "pid 7 holds it" }, 409, "lock_held"],
  [{ kind: "not_found", detail: "no slot of that name" }, 404, "not_found"],
  [{ kind: "malformed", detail: "no URL" }, 400, "malformed"],
  [{ kind: "overloaded" }, 503, "overloaded"],
];

test.each(outcomes)("%j is answered with %i %s", async (outcome, status, code) => {
  const { dependencies } = fakeHttpDependencies();
  const operations: PoolOperations = { ...dependencies.operations, release: () => Promise.resolve(outcome) };
  const { post } = await aServer({ ...dependencies, operations }, { bearerTokenFile: aTokenFile() });
  const response = await post(`/api/v1/slots/${slotId}/release`, {}, bearer);
  expect([response.status, await errorCode(response)]).toEqual([status, code]);
});
