import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { queueNameOf } from "../../src/fleet/queue-name.ts";
import { systemClock, type Clock } from "../../src/platform/clock.ts";
import { anAlert, aPayload } from "../remediation/fake-remediation.ts";
import { RealPostgres } from "../kit/postgres.ts";
import { RecordingLogger } from "../kit/recording-logger.ts";
import { until } from "../kit/until.ts";
import { aFleetLink, FleetPath } from "./a-path.ts";

let postgres: RealPostgres;
const paths: FleetPath[] = [];
beforeAll(async () => {
  postgres = await RealPostgres.start();
});
afterEach(async () => {
  for (const path of paths.splice(0)) await path.destroy();
  await postgres.query("delete from repopool_fleet.host");
  await postgres.query("delete from repopool_fleet.recovery");
});
afterAll(() => postgres.destroy());

async function aFleetPath(given: Parameters<typeof FleetPath.create>[1]): Promise<FleetPath> {
  const path = await FleetPath.create(postgres, given);
  paths.push(path);
  return path;
}

async function decide(path: FleetPath, ...alerts: object[]) {
  const receipt = await path.path.receive(aPayload(alerts));
  if (receipt.kind !== "accepted") throw new Error(JSON.stringify(receipt));
  return receipt.decisions;
}

test("an alert about a pool of two hosts is ambiguous, until it carries a registered instance", async () => {
  const one = await aFleetPath({ sidecar: "one", instance: "one:1" });
  const two = await aFleetPath({ sidecar: "two", instance: "two:1" });
  await Promise.all([one.start(), two.start()]);

  expect(await decide(one, anAlert())).toMatchObject([
    { decision: "ambiguous", detail: expect.stringContaining("one, two") as string },
  ]);
  expect((await one.path.overview()).sharedPools).toEqual(["demo", "other"]);
  expect(await decide(one, anAlert({ instance: "two:1" }))).toMatchObject([
    { decision: "queued", sidecar: "two" },
  ]);

  await until("the run of the second", () => two.runs.length > 0 || undefined);
  expect(one.runs).toEqual([]);
});

test("a second machine of the same name is told so, and gets nothing while the first lives", async () => {
  const logger = new RecordingLogger();
  const first = await aFleetPath({ sidecar: "build" });
  await first.start();
  const sidecarId = "11111111-1111-4111-8111-111111111111";
  const second = await FleetPath.create(postgres, { sidecar: "build", sidecarId, logger });
  paths.push(second);
  await second.start();
  await until("the complaint", () => logger.text.includes("FLEET_NAME_TAKEN") || undefined);

  await decide(first, anAlert());
  await until("the run", () => first.runs.length > 0 || undefined);
  expect(second.runs).toEqual([]);
});

test("a silent host's name is free again", async () => {
  const first = await aFleetPath({ sidecar: "moved" });
  await postgres.query("update repopool_fleet.host set heartbeat_at = now() - interval '2 minutes'");
  const second = await aFleetPath({ sidecar: "moved", sidecarId: "22222222-2222-4222-8222-222222222222" });
  await second.start();
  await until("the new registration", async () => {
    const { hosts } = await first.path.overview();
    return hosts[0]?.sidecarId === "22222222-2222-4222-8222-222222222222" || undefined;
  });
});

test("an alert about a pool that its host no longer has ends as not_found in the audit", async () => {
  const path = await aFleetPath({ sidecar: "forgetful", pools: ["removed"] });
  await decide(path, anAlert({ pool: "removed", slot: "workspace-removed-slot1" }));
  await path.start();
  const recovery = await until("the audit", async () => (await path.path.list())[0]);
  expect(recovery).toMatchObject({
    sidecar: "forgetful",
    state: "not_found",
    target: "slot:workspace-removed-slot1",
    requestedBy: "RepoPoolSlotCorrupted",
    errors: ["this host no longer has slot:workspace-removed-slot1"],
  });
  expect(path.runs).toEqual([]);
});

test.each([-1, 1])(
  "a host whose clock is off by %i days is seen, served and audited in the database's time",
  async (days) => {
    const skewed: Clock = { ...systemClock, now: () => new Date(Date.now() + days * 86_400_000) };
    const path = await aFleetPath({
      sidecar: "skewed",
      clock: skewed,
      remediation: { clock: skewed },
      settings: { mode: "approve" },
    });
    await path.start();
    await decide(path, anAlert());
    const waiting = await until("a recovery that waits", async () =>
      (await path.path.list()).find(({ state }) => state === "waiting_for_approval"),
    );
    expect(Math.abs(waiting.requestedAt.getTime() - Date.now())).toBeLessThan(3_600_000);
    const { hosts } = await path.path.overview();
    expect(hosts[0]?.heartbeatAgeSeconds).toBeLessThan(60);

    const approval = { recoveryId: waiting.recoveryId, decision: "approve", operator: "ann" } as const;
    expect((await path.path.decide(approval)).kind).toBe("done");
    await until("the run", () => path.runs.length > 0 || undefined);
  },
);

test("a job that a newer version wrote is kept for the host's update, and becomes a dead letter in the end", async () => {
  const logger = new RecordingLogger();
  const path = await aFleetPath({ sidecar: "old", logger });
  const link = await aFleetLink(postgres);
  const data = { schema_version: 2, kind: "teleport", sidecar: "old" };
  await link.use((database) =>
    database.transaction(async ({ boss, db }) => {
      await boss.send(queueNameOf("old"), data, { db, singletonKey: "kept" });
      await boss.send(queueNameOf("old"), data, { db, retryLimit: 0 });
    }),
  );
  await link.close();
  await path.start();
  // The host gives both back one after the other, in no order: in between, one of them is neither.
  await until("a dead letter, and a job that waits", async () => {
    const [known] = (await path.path.overview()).hosts;
    return (known?.deadLetterCount === 1 && known.queueDepth === 1) || undefined;
  });
  expect(logger.text).toContain("fleet.job_unreadable");
  expect(path.runs).toEqual([]);
});

test("labels that PostgreSQL cannot store as they are come through", async () => {
  const path = await aFleetPath({ sidecar: "plain" });
  await path.start();
  expect(await decide(path, anAlert({ summary: "half a pair: \ud83d" }))).toMatchObject([
    { decision: "queued" },
  ]);
  await until("the run", () => path.runs.length > 0 || undefined);
});

test("a notification of a thousand alerts is one commit, and a host that is down finds all of them later", async () => {
  const path = await aFleetPath({ sidecar: "busy" });
  const alerts = Array.from({ length: 1000 }, (_, index) =>
    anAlert({}, { fingerprint: index.toString(16).padStart(4, "0") }),
  );
  expect((await decide(path, ...alerts)).every(({ decision }) => decision === "queued")).toBe(true);
  expect((await path.path.overview()).hosts[0]).toMatchObject({
    queueDepth: 1000,
    oldestQueuedAt: expect.any(Date) as Date,
  });
  await path.start();
  await until(
    "an empty queue",
    async () => (await path.path.overview()).hosts[0]?.queueDepth === 0 || undefined,
  );
});

test("a host that was forgotten gets nothing more, and registers again while it lives", async () => {
  const path = await aFleetPath({ sidecar: "gone" });
  expect(await path.path.forget("gone")).toBe(true);
  expect(await path.path.forget("gone")).toBe(false);
  expect(await decide(path, anAlert())).toMatchObject([{ decision: "not_ours" }]);
  await path.start();
  await until("its new registration", async () => (await path.path.overview()).hosts[0] && true);
});
