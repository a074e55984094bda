import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Remediation } from "../../src/remediation/remediation.ts";
import type { RemediationPolicy, RemediationSettings } from "../../src/remediation/alerts/policy.ts";
import { aMatcher, anAlert, aPayload, aRemediation } from "../remediation/fake-remediation.ts";
import { aServer, aTokenFile } from "./a-server.ts";
import { bearer } from "./credentials.ts";
import { fakeHttpDependencies, now } from "./fake-http-dependencies.ts";

let stateDir: string;
beforeEach(() => {
  stateDir = mkdtempSync(join(tmpdir(), "bad-input-"));
});
afterEach(() => {
  rmSync(stateDir, { recursive: true });
});

/** The HTTP server over a real remediation loop that runs nothing. */
async function aLoop(settings: Partial<RemediationSettings> = {}) {
  const remediation = aRemediation({ stateDir }, settings);
  const { dependencies } = fakeHttpDependencies(routesOf(remediation));
  const { post } = await aServer(dependencies, { bearerTokenFile: aTokenFile() });
  const send = async (path: string, body: unknown, headers: Record<string, string> = {}) => {
    const response = await post(path, body, { ...bearer, ...headers });
    const answer = (await response.json()) as {
      error?: { code: string; message: string };
      decisions?: { decision: string; detail?: string }[];
    };
    return { status: response.status, code: answer.error?.code, ...answer };
  };
  return { remediation, send, notify: (body: unknown) => send("/api/v1/alerts", body) };
}

function routesOf(remediation: Remediation) {
  return {
    receiveAlerts: (payload: unknown) => remediation.receive(payload),
    pauses: () => remediation.pauses(),
    pause: (pause: Parameters<Remediation["pause"]>[0]) => remediation.pause(pause),
    resume: (request: Parameters<Remediation["resume"]>[0]) => remediation.resume(request),
  };
}

function aPolicy(name: string, matchers: readonly string[]): RemediationPolicy {
  const parsed = matchers.map(aMatcher);
  return { name, matchers: parsed, options: {}, mode: "live", scope: "slot", maxPerHour: undefined };
}

const smallAlerts = (count: number) =>
  Array.from({ length: count }, (_, index) => anAlert({}, { labels: {}, fingerprint: index.toString(16) }));

test("10,000 alerts in one group are each decided, and one more is refused whole", async () => {
  const { notify } = await aLoop();
  const answer = await notify(aPayload(smallAlerts(10_000)));
  expect([answer.status, answer.decisions?.length]).toEqual([202, 10_000]);
  expect(await notify(aPayload(smallAlerts(10_001)))).toMatchObject({ status: 400, code: "malformed" });
});

test("10,000 alerts of usual size are more than a body may have", async () => {
  const { notify } = await aLoop();
  const alerts = Array.from({ length: 10_000 }, () => anAlert());
  expect(await notify(aPayload(alerts))).toMatchObject({ status: 413, code: "too_large" });
});

test("10,000 firings for three slots queue a recovery for each slot and no more", async () => {
  const { notify, remediation } = await aLoop();
  const slots = ["workspace-demo-slot1", "workspace-demo-slot2", "workspace-other-slot1"];
  const alerts = Array.from({ length: 3_000 }, (_, index) => {
    const labels = { alertname: "RepoPoolSlotCorrupted", auto_recover: "true", slot: slots[index % 3] };
    return anAlert({}, { labels, fingerprint: index.toString(16) });
  });
  const { decisions = [] } = await notify(aPayload(alerts));
  expect(decisions.filter(({ decision }) => decision === "queued")).toHaveLength(3);
  expect(decisions.filter(({ decision }) => decision === "duplicate")).toHaveLength(2_997);
  expect(remediation.queueDepth()).toBe(3);
});

const control = String.fromCharCode(0x1b);

test.each([
  ["a list", []],
  ["a string", '"alerts"'],
  ["null", "null"],
  ["alerts that are numbers", aPayload([1 as unknown as object])],
  ["a status that is none", aPayload([anAlert({}, { status: "pending" })])],
  ["labels that are a list", aPayload([anAlert({}, { labels: ["slot"] })])],
  ["a label that is a number", aPayload([anAlert({}, { labels: { slot: 1 } })])],
  ["control characters in a fingerprint", aPayload([anAlert({}, { fingerprint: `a${control}[2Jb` })])],
])(
  "a notification with %s is refused whole, and what is good in it is not queued either",
  async (_name, body) => {
    const { notify, remediation } = await aLoop();
    const withGood =
      typeof body === "object" && "alerts" in body
        ? { ...body, alerts: [anAlert(), ...(body.alerts as object[])] }
        : body;
    expect(await notify(withGood)).toMatchObject({ status: 400, code: "malformed" });
    expect(remediation.list()).toEqual([]);
  },
);

test("control characters of a refused notification are in no answer", async () => {
  const { notify } = await aLoop();
  const { error } = await notify(aPayload([anAlert({}, { fingerprint: `b${control}` })]));
  expect(error?.message).toMatch(/^alerts\[0\]\.fingerprint: [\x20-\x7e]+$/);
});

test("what labels of an alert hold is in no answer and no record, and keeps no other alert from its repair", async () => {
  const { notify, remediation } = await aLoop();
  const odd = { note: `a${control}[2Jb`, "a\nb": "x", slot: "a\u0000b", long: "x".repeat(5_000) };
  const named = { alertname: `RepoPoolSlotCorrupted${control}`, auto_recover: "true" };
  const alerts = [anAlert(odd, { fingerprint: "1" }), anAlert(named, { fingerprint: "2" }), anAlert()];
  const answer = await notify(aPayload(alerts));
  expect(answer.decisions?.map(({ decision }) => decision)).toEqual(["not_ours", "no_policy", "queued"]);
  expect(JSON.stringify([answer, remediation.list()])).not.toMatch(/\\u00|\\n|xxx/);
});

test("keys that pollute prototypes are labels and fields like any other", async () => {
  const { notify, remediation } = await aLoop();
  const alert = JSON.stringify(aPayload([anAlert()]));
  const polluted = alert
    .replace('"labels":{', '"labels":{"__proto__":"x","constructor":"y","toString":"z",')
    .replace("{", '{"__proto__":{"status":"resolved"},"constructor":{"prototype":{"polluted":1}},');
  expect(await notify(polluted)).toMatchObject({ status: 202, decisions: [{ decision: "queued" }] });
  expect(remediation.list()).toHaveLength(1);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test.each([
  "/-/pause",
  "/-/resume",
  "/api/v1/pools",
  "/api/v1/recoveries",
  "/api/v1/slots/workspace-demo-slot1/isolate",
  "/api/v1/slots/workspace-demo-slot1/recover",
  "/api/v1/pools/demo/remove",
  "/api/v1/slots/workspace-demo-slot1/remove",
  "/api/v1/salvages/prune",
  "/api/v1/alerts",
])("%s answers a huge, a deep, a compressed and a polluting body as documented", async (path) => {
  const { send } = await aLoop();
  expect(await send(path, " ".repeat(1024 * 1024 + 1))).toMatchObject({ status: 413, code: "too_large" });
  expect(await send(path, '{"a":'.repeat(5_000))).toMatchObject({ status: 400, code: "too_deep" });
  const bomb = gzipSync(Buffer.alloc(1_000_000, 0x20)).toString("latin1");
  const compressed = await send(path, bomb, { "content-encoding": "gzip" });
  expect(compressed).toMatchObject({ status: 415, code: "unsupported_media_type" });
  const polluting = await send(path, '{"__proto__":{"dry_run":true,"force":true}}');
  expect(polluting).toMatchObject({ status: 400, code: "malformed" });
});

test("a pause that is over is refused, one that ends is forgotten, and of two with one name the first stands", async () => {
  const { send, remediation } = await aLoop();
  const at = (seconds: number) => new Date(now.getTime() + seconds * 1000).toISOString();
  const pause = { name: "disk", reason: "a new disk", expires_at: at(60) };
  expect(await send("/-/pause", { ...pause, expires_at: at(0) })).toMatchObject({ code: "expired" });
  expect(remediation.pauses()).toEqual([]);
  expect(await send("/-/pause", pause)).toMatchObject({ status: 201 });
  const second = { ...pause, reason: "another", expires_at: at(3600) };
  expect(await send("/-/pause", second)).toMatchObject({ status: 409, code: "duplicate" });
  expect(remediation.pauses().map(({ reason }) => reason)).toEqual(["a new disk"]);
});

test.each(["in an hour", "2026-13-01T00:00:00Z", "2026-05-04", 1_800_000_000, { seconds: 60 }])(
  "a pause cannot end at %j",
  async (expiresAt) => {
    const { send, remediation } = await aLoop();
    const body = { name: "disk", reason: "a new disk", expires_at: expiresAt };
    expect(await send("/-/pause", body)).toMatchObject({ status: 400, code: "malformed" });
    expect(remediation.pauses()).toEqual([]);
  },
);

test("an alert that no policy matches is answered no_policy, and of two that match the first decides alone", async () => {
  const nothing = aPolicy("never", ['alertname="NoSuchAlert"']);
  const first = { ...aPolicy("first", ['pool="demo"']), mode: "off" as const };
  const second = aPolicy("second", ['alertname="RepoPoolSlotCorrupted"']);
  const unmatched = await aLoop({ policies: [nothing] });
  expect(await unmatched.notify(aPayload([anAlert()]))).toMatchObject({
    decisions: [{ decision: "no_policy" }],
  });
  const both = await aLoop({ policies: [nothing, first, second] });
  expect(await both.notify(aPayload([anAlert()]))).toMatchObject({ decisions: [{ decision: "no_policy" }] });
  const turned = await aLoop({ policies: [nothing, second, first] });
  expect(await turned.notify(aPayload([anAlert()]))).toMatchObject({ decisions: [{ decision: "queued" }] });
  expect(turned.remediation.list().map(({ policy }) => policy)).toEqual(["second"]);
});

test("every kind of bad input has its answer on the page", () => {
  const page = readFileSync("docs/remediation.md", "utf8");
  const [, section = ""] = /^## Bad input\n(.*?)^## /ms.exec(page) ?? [];
  const answers = [...section.matchAll(/`([a-z_]+)`/g)].map(([, word]) => word);
  const expected = ["too_large", "too_deep", "unsupported_media_type", "malformed", "expired", "duplicate"];
  expect(answers).toEqual(expect.arrayContaining([...expected, "no_policy"]));
});
