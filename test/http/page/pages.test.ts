import { request } from "node:http";
import { expect, test } from "vitest";
import type { HttpDependencies } from "../../../src/http/http-dependencies.ts";
import type { Finding } from "../../../src/inspection/finding.ts";
import type { ActionReport } from "../../../src/recovery/recovery-report.ts";
import { aServer, aTokenFile } from "../a-server.ts";
import { basic, bearer, usersConfig } from "../credentials.ts";
import {
  aRecovery,
  aSlotSnapshot,
  aSnapshotOf,
  fakeHttpDependencies,
  now,
} from "../fake-http-dependencies.ts";

const slotId = (number: number) => `workspace-demo-slot${number}`;
const hoursBefore = (hours: number) => new Date(now.getTime() - hours * 3_600_000);

const evidence: Finding = {
  code: "head_invalid",
  path: ".git/HEAD",
  expected: "a ref",
  found: "nothing",
  depth: "probe",
};

/** Every tenth is allocated, the higher numbers longer; slot 7 is broken. */
const many = aSnapshotOf(
  Array.from({ length: 130 }, (_, index) => {
    const number = index + 1;
    return aSlotSnapshot({
      slotId: slotId(number),
      diskBytes: number === 64 ? 1e9 : 1e6,
      ...(number === 7 ? { reasons: ["head_invalid"], evidence: [evidence] } : {}),
      ...(number % 10 === 0 ? { state: "allocated" as const, allocatedAt: hoursBefore(number) } : {}),
    });
  }),
);

async function open(path: string, given: Partial<HttpDependencies> = {}, settings = {}): Promise<string> {
  const { get } = await aServer(
    fakeHttpDependencies({ snapshot: () => many, ...given }).dependencies,
    settings,
  );
  return (await get(path)).text();
}

/** The numbers of the slots whose cards are shown, in their order. */
function numbersIn(page: string): number[] {
  return [...page.matchAll(/<li class="slot [\w-]+" id="workspace-demo-slot(\d+)"/g)].map(([, number]) =>
    Number(number),
  );
}

const numbers = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, index) => from + index);

test.each([
  ["/", numbers(1, 60)],
  ["/?page=3", numbers(121, 130)],
  ["/?page=99", numbers(121, 130)],
  ["/?page=-1&sort=nothing&status=odd&q=", numbers(1, 60)],
  ["/?q=SLOT12", [12, ...numbers(120, 129)]],
  ["/?q=head_inv", [7]],
  ["/?status=corrupted", [7]],
  ["/?status=allocated&sort=age&page=1", [130, 120, 110, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10]],
  ["/?pool=other", []],
  ["/?q=a&q=b", numbers(1, 60)],
])("%s lists the slots that it asks for", async (path, expected) => {
  expect(numbersIn(await open(path))).toEqual(expected);
});

test("the biggest slot comes first if the list is sorted by size", async () => {
  expect(numbersIn(await open("/?sort=size"))[0]).toBe(64);
});

test("what a reclaim would free most of comes first, and no slot that is in use", async () => {
  const idle = (number: number, more: object = {}) =>
    aSlotSnapshot({
      slotId: slotId(number),
      lastActivityAt: hoursBefore(1000),
      owner: { evidence: "none", detail: "" },
      ...more,
    });
  const snapshot = aSnapshotOf([
    idle(1, { diskBytes: 5e9, owner: { evidence: "process", detail: "" } }),
    idle(2, { diskBytes: 4e9, lastActivityAt: now }),
    idle(3, { diskBytes: 1e9 }),
    idle(4, { diskBytes: 2e9 }),
  ]);
  const page = await open("/?sort=reclaimable", { snapshot: () => snapshot });
  expect(numbersIn(page)).toEqual([4, 3, 1, 2]);
});

test("links of the list keep what was asked for, and text of an address stays text", async () => {
  const page = await open("/?sort=size&page=2");
  expect(page).toContain('href="./?sort=size#slots">Previous');
  expect(page).toContain('href="./?sort=size&amp;page=3#slots">Next');
  expect(await open('/?q="><script>alert(1)</script>')).not.toContain("<script>alert");
});

const salvage = {
  kind: "salvage" as const,
  id: "s1",
  slotId: slotId(7),
  repoName: "demo",
  createdAt: hoursBefore(3),
  reason: "release",
  bytes: 5,
  path: "/pools/salvage/s1",
  complete: true,
  restoreCommand: "repo-pool-sidecar salvage restore s1 --to DIR --workspaces-dir /pools",
};
const step: Omit<ActionReport, "slotId"> = {
  repoName: "demo",
  action: "rebuild_index",
  outcome: "done",
  reason: "index_corrupt",
  detail: "",
  durationSeconds: 1,
};
const past = {
  salvages: () => [salvage, { ...salvage, id: "s2", slotId: slotId(8) }],
  recoveries: {
    ...fakeHttpDependencies().dependencies.recoveries,
    list: () => [
      aRecovery({
        recoveryId: "pools",
        slotId: undefined,
        status: "finished",
        actions: [7, 8].map((number) => ({ ...step, slotId: slotId(number) })),
      }),
      aRecovery({ recoveryId: "other", slotId: slotId(8) }),
    ],
  },
};

test("the page of a slot has its own evidence, history, saved work and commands, and nothing of others", async () => {
  const page = await open(`/slots/${slotId(7)}`, past);
  expect(page).toContain('href="../reasons#head_invalid"');
  expect(page).toContain('id="recovery-pools"');
  expect(page).toContain(salvage.restoreCommand);
  expect(page).toContain(`repo-pool-sidecar recover ${slotId(7)} --dry-run --workspaces-dir /pools`);
  expect(page).not.toMatch(/recovery-other|salvage restore s2|slot8/);
});

test("a slot that is gone has a page as long as something is known of it", async () => {
  const given = { ...past, snapshot: () => aSnapshotOf([]) };
  expect(await open(`/slots/${slotId(7)}`, given)).toContain("No pool has such a slot now.");
  expect(await open(`/slots/${slotId(99)}`, given)).toContain('"not_found"');
});

/** As a browser asks; Node's fetch would ask for a fresh answer. */
function statusOf(url: string, etag: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    request(url, { headers: { "if-none-match": etag } }, (response) => {
      response.resume().on("end", () => {
        resolve(response.statusCode);
      });
    })
      .on("error", reject)
      .end();
  });
}

test.each(["/", `/slots/${slotId(7)}`, "/api/v1/slots", "/runbooks/RepoPoolExhausted", "/assets/page.css"])(
  "%s is answered with 304 as long as nothing changed",
  async (path) => {
    let snapshot = many;
    let time = now;
    const { dependencies } = fakeHttpDependencies({ snapshot: () => snapshot });
    const { get, address } = await aServer({
      ...dependencies,
      clock: { ...dependencies.clock, now: () => time },
    });
    const etag = (await get(path)).headers.get("etag") ?? "";
    time = new Date(now.getTime() + 59_000);
    expect(await statusOf(`http://${address}${path}`, etag)).toBe(304);
    snapshot = {
      ...many,
      checkedAt: time,
      pools: [{ ...many.pools[0]!, slots: many.pools[0]!.slots.slice(7) }],
    };
    if (/slots|\/$/.test(path)) expect(await statusOf(`http://${address}${path}`, etag)).not.toBe(304);
  },
);

test.each([
  ["no authentication is configured", {}, {}],
  ["buttons need basic_auth_users", { bearerTokenFile: "" }, {}],
  ["buttons need basic_auth_users", { bearerTokenFile: "" }, bearer],
  [
    "ann has the role read",
    { webConfig: usersConfig, credentials: [{ user: "ann", role: "read" }] },
    basic("ann", "secret"),
  ],
  ["signed in as <strong>ann", { webConfig: usersConfig }, basic("ann", "secret")],
])(
  "the page says who may press its buttons: %s",
  async (expected, settings, headers: Record<string, string>) => {
    const file = "bearerTokenFile" in settings ? { bearerTokenFile: aTokenFile() } : {};
    const { get } = await aServer(fakeHttpDependencies().dependencies, { ...settings, ...file } as object);
    expect(await (await get("/", { headers })).text()).toContain(expected);
  },
);
