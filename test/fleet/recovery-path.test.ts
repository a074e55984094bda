import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { anAlert, aPayload, emptyReport } from "../remediation/fake-remediation.ts";
import { RealPostgres } from "../kit/postgres.ts";
import { until } from "../kit/until.ts";
import { FleetPath, LocalPath, type PathOptions, type TestedPath } from "./a-path.ts";

let postgres: RealPostgres;
let hostCount = 0;
let tested: TestedPath | undefined;
beforeAll(async () => {
  postgres = await RealPostgres.start();
});
afterEach(async () => {
  await tested?.destroy();
  tested = undefined;
  // Each test has a host of its own.
  await postgres.query("delete from repopool_fleet.host").catch(() => undefined);
});
afterAll(() => postgres.destroy());

const paths = {
  "this host's own queue": (options: PathOptions) => Promise.resolve(new LocalPath(options)),
  "the fleet's queue on PostgreSQL": (options: PathOptions) => {
    hostCount += 1;
    return FleetPath.create(postgres, { sidecar: `host ${hostCount}`, ...options });
  },
};

const slot1 = "workspace-demo-slot1";
const slot2 = "workspace-demo-slot2";

describe.each(Object.entries(paths))("by way of %s", (_name, createPath) => {
  const aPath = async (options: PathOptions = {}): Promise<TestedPath> => {
    tested = await createPath(options);
    return tested;
  };
  const decisions = async (given: TestedPath, ...alerts: object[]): Promise<readonly string[]> => {
    const receipt = await given.path.receive(aPayload(alerts));
    return receipt.kind === "accepted" ? receipt.decisions.map(({ decision }) => decision) : [receipt.kind];
  };
  /** A fleet's audit keeps what other tests' hosts did. */
  const statesOf = async (given: TestedPath): Promise<string[]> => {
    const own = new Set(given.runs.map(({ recoveryId }) => recoveryId));
    const listed = await given.path.list();
    return listed.filter(({ recoveryId }) => own.has(recoveryId)).map(({ state }) => state);
  };
  const untilRun = (given: TestedPath, count: number) =>
    until(`${count} runs`, () => given.runs.length >= count || undefined);
  const untilWaiting = (given: TestedPath) =>
    until("a recovery that waits for approval", async () =>
      (await given.path.list()).find(({ state }) => state === "waiting_for_approval"),
    );
  /** What was sent before it has been taken by now: one host takes alerts in their order. */
  const untilTaken = async (given: TestedPath): Promise<void> => {
    const before = given.runs.length;
    await decisions(
      given,
      anAlert({ slot: "workspace-other-slot1", pool: "other" }, { fingerprint: "ff99" }),
    );
    await untilRun(given, before + 1);
  };

  test("an alert runs the recovery of its slot, and is listed as finished", async () => {
    const given = await aPath();
    await given.start();
    expect(await decisions(given, anAlert())).toEqual(["queued"]);
    await untilRun(given, 1);
    expect(given.runs[0]).toMatchObject({ slotId: slot1, trigger: "alert" });
    await until("its end", async () => (await statesOf(given)).includes("finished") || undefined);
    expect((await given.path.list()).map(({ target }) => target)).toContain(`slot:${slot1}`);
  });

  test("the same firing, told again before and after it runs, runs once", async () => {
    const given = await aPath();
    await decisions(given, anAlert());
    expect(await decisions(given, anAlert())).toEqual(["duplicate"]);
    await given.start();
    await untilRun(given, 1);
    await decisions(given, anAlert());
    await until("its end", async () => (await statesOf(given)).includes("finished") || undefined);
    await decisions(given, anAlert());
    await untilTaken(given);
    expect(given.runs.filter(({ slotId }) => slotId === slot1)).toHaveLength(1);
  });

  test("two alerts about one slot run one recovery while the first goes on", async () => {
    let end: (report: RecoveryReport) => void = () => undefined;
    const given = await aPath({
      run: ({ slotId }) =>
        slotId === slot1 ? new Promise((resolve) => (end = resolve)) : Promise.resolve(emptyReport),
    });
    await given.start();
    await decisions(given, anAlert());
    await untilRun(given, 1);
    await decisions(given, anAlert({}, { fingerprint: "bb02" }));
    await untilTaken(given);
    expect(given.runs.filter(({ slotId }) => slotId === slot1)).toHaveLength(1);
    end(emptyReport);
  });

  test("alerts of a group are judged one by one: another host's, a resolved one, one of ours", async () => {
    const given = await aPath();
    await given.start();
    const foreign = anAlert({ pool: "elsewhere", slot: "workspace-elsewhere-slot1" });
    const resolved = anAlert({}, { status: "resolved" });
    const ours = anAlert({ slot: slot2 }, { fingerprint: "cc03" });
    expect(await decisions(given, foreign, resolved, ours)).toEqual(["not_ours", "resolved", "queued"]);
    await untilRun(given, 1);
    expect(given.runs.map(({ slotId }) => slotId)).toEqual([slot2]);
  });

  test("a notification that is none is refused whole", async () => {
    const given = await aPath();
    const receipt = await given.path.receive(aPayload([anAlert(), { status: "firing" }]));
    expect(receipt.kind).toBe("malformed");
    await given.start();
    await untilTaken(given);
    expect(given.runs.map(({ slotId }) => slotId)).toEqual(["workspace-other-slot1"]);
  });

  test("what was accepted before a restart runs after it, once", async () => {
    const given = await aPath();
    expect(await decisions(given, anAlert())).toEqual(["queued"]);
    await given.restart();
    await given.start();
    await untilRun(given, 1);
    await given.restart();
    await given.start();
    await decisions(given, anAlert());
    await untilTaken(given);
    expect(given.runs.filter(({ slotId }) => slotId === slot1)).toHaveLength(1);
  });

  test("a run that broke is told as failed, and the alert's next repeat tries again", async () => {
    let hasFailed = false;
    const given = await aPath({
      run: () => {
        if (hasFailed) return Promise.resolve(emptyReport);
        hasFailed = true;
        return Promise.reject(new Error("the disk is gone"));
      },
    });
    await given.start();
    await decisions(given, anAlert());
    await until("its failure", async () => (await statesOf(given)).includes("failed") || undefined);
    await decisions(given, anAlert());
    await untilRun(given, 2);
  });

  test("what needs approval waits, runs when it is approved, and takes no second decision", async () => {
    const given = await aPath({ settings: { mode: "approve" } });
    await given.start();
    await decisions(given, anAlert());
    const { recoveryId } = await untilWaiting(given);
    expect(given.runs).toEqual([]);
    const approval = { recoveryId, decision: "approve", operator: "ann" } as const;
    expect((await given.path.decide(approval)).kind).toBe("done");
    await untilRun(given, 1);
    await until("its end", async () => (await statesOf(given)).includes("finished") || undefined);
    expect((await given.path.decide({ ...approval, decision: "reject" })).kind).toBe("not_waiting");
  });

  test("what was rejected never runs, and is told so", async () => {
    const given = await aPath({ settings: { mode: "approve" } });
    await given.start();
    await decisions(given, anAlert());
    const { recoveryId } = await untilWaiting(given);
    expect((await given.path.decide({ recoveryId, decision: "reject", operator: "ann" })).kind).toBe("done");
    await until("the rejection", async () => {
      const listed = await given.path.list();
      return listed.find((recovery) => recovery.recoveryId === recoveryId)?.state === "rejected" || undefined;
    });
    expect(given.runs).toEqual([]);
  });

  test("nobody decides about a recovery that is not there", async () => {
    const given = await aPath();
    const recoveryId = "00000000-0000-4000-8000-000000000000";
    expect((await given.path.decide({ recoveryId, decision: "approve", operator: "ann" })).kind).toBe(
      "not_found",
    );
  });
});
