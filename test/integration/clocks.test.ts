import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { FakeClock } from "../kit/fake-clock.ts";
import { RealPool } from "../kit/real-pool.ts";
import { runsInFull, sampleOf } from "../kit/sample.ts";
import { ServedProgram } from "../kit/served-program.ts";
import { until } from "../kit/until.ts";

const [hour, day] = [3_600_000, 86_400_000];
/** The clock is looked at each minute. */
const lookSeconds = 60;

interface Served {
  readonly program: ServedProgram;
  readonly clock: FakeClock;
}

interface ServeSettings {
  readonly at: Date;
  readonly zone?: string;
  readonly nightly?: string;
  readonly onTestFinished: (cleanup: () => Promise<void>) => void;
}

/** A `serve` that collects each second and recovers each night, on a clock that stands at this time. */
async function serveAt(settings: ServeSettings): Promise<Served> {
  const { at, zone = "UTC", nightly = "0 30 2 * * *", onTestFinished } = settings;
  const pool = new RealPool(1);
  const clock = new FakeClock(pool.root, at);
  const config = `timezone: ${zone}
collector: { schedule: "* * * * * *" }
recovery: { schedule: "${nightly}" }
`;
  const program = await ServedProgram.start(pool, { config, env: clock.env });
  onTestFinished(async () => {
    await program.kill();
    pool.destroy();
  });
  return { program, clock };
}

const collections = async (program: ServedProgram): Promise<number> =>
  (await program.metric("repo_pool_collections_total")) ?? 0;

/** Collections go on, and health is answered all the while. */
async function untilCollectedAgain(program: ServedProgram, times = 3): Promise<void> {
  const before = await collections(program);
  const isReached = async (): Promise<true | undefined> => {
    expect(await program.get("/-/healthy")).not.toBe("");
    return (await collections(program)) >= before + times ? true : undefined;
  };
  await until(`${times} more collections`, isReached, 60 + 2 * times);
}

const nightlyRuns = (program: ServedProgram): number =>
  program.events("recovery.started").filter(({ trigger }) => trigger === "schedule").length;

async function untilNightlyRuns(program: ServedProgram, count: number): Promise<void> {
  await until(`nightly run ${count}`, () => (nightlyRuns(program) >= count ? true : undefined), 90);
}

/**
 * Both nights of three zones: when the one run of the night is due, when the same time is shown again, and when the run
 * of the next night is due.
 */
const nights: readonly {
  readonly name: string;
  readonly zone: string;
  readonly nightly: string;
  readonly due: string;
  readonly again?: string;
  readonly next: string;
}[] = [
  {
    ...{ name: "Berlin, back", zone: "Europe/Berlin", nightly: "0 30 2 * * *" },
    ...{ due: "2026-10-25T00:30:00Z", again: "2026-10-25T01:30:00Z", next: "2026-10-26T01:30:00Z" },
  },
  {
    ...{ name: "Berlin, forward", zone: "Europe/Berlin", nightly: "0 30 2 * * *" },
    ...{ due: "2026-03-29T01:00:00Z", next: "2026-03-30T00:30:00Z" },
  },
  {
    ...{ name: "New York, back", zone: "America/New_York", nightly: "0 30 1 * * *" },
    ...{ due: "2026-11-01T05:30:00Z", again: "2026-11-01T06:30:00Z", next: "2026-11-02T06:30:00Z" },
  },
  {
    ...{ name: "New York, forward", zone: "America/New_York", nightly: "0 30 2 * * *" },
    ...{ due: "2026-03-08T07:00:00Z", next: "2026-03-09T06:30:00Z" },
  },
  {
    ...{ name: "Lord Howe, back", zone: "Australia/Lord_Howe", nightly: "0 45 1 * * *" },
    ...{ due: "2026-04-04T14:45:00Z", again: "2026-04-04T15:15:00Z", next: "2026-04-05T15:15:00Z" },
  },
  {
    ...{ name: "Lord Howe, forward", zone: "Australia/Lord_Howe", nightly: "0 15 2 * * *" },
    ...{ due: "2026-10-03T15:30:00Z", next: "2026-10-04T15:15:00Z" },
  },
];

describe.concurrent("with another wall clock", () => {
  test.for(sampleOf(nights, 1, "nights on which clocks change"))(
    "$name: one nightly run, and a collection at each interval",
    { timeout: 400_000 },
    async ({ zone, nightly, due, again, next }, { onTestFinished }) => {
      const dueAt = new Date(due).getTime();
      const at = new Date(dueAt - 5_000);
      const { program, clock } = await serveAt({ at, zone, nightly, onTestFinished });
      clock.set(new Date(dueAt - 3_000));
      await untilNightlyRuns(program, 1);
      await untilCollectedAgain(program);
      expect(program.events("clock.jumped")).toEqual([]);
      if (!runsInFull) return;
      if (again !== undefined) {
        clock.set(new Date(new Date(again).getTime() - 30_000));
        await untilCollectedAgain(program, lookSeconds + 15);
      }
      expect(nightlyRuns(program)).toBe(1);
      clock.set(new Date(new Date(next).getTime() - 30_000));
      await untilNightlyRuns(program, 2);
    },
  );

  test.for(sampleOf([-hour, hour, -30 * day, 30 * day], 1, "steps of the clock"))(
    "set by %i ms: collections go on, and the jump is one line and one count",
    { timeout: 200_000 },
    async (by, { onTestFinished }) => {
      const noon = new Date("2026-06-10T12:00:00Z");
      const { program, clock } = await serveAt({ at: noon, onTestFinished });
      clock.set(noon);
      await untilCollectedAgain(program);
      clock.set(new Date(noon.getTime() + by));
      await until("the jump to be told", () =>
        program.events("clock.jumped").length > 0 ? true : undefined,
      );
      await untilCollectedAgain(program, runsInFull ? lookSeconds + 10 : 3);
      expect(program.events("clock.jumped")).toMatchObject([{ level: "warn" }]);
      expect(await program.metric("repo_pool_clock_jumps_total")).toBe(1);
      expect(program.output.split("\n").length).toBeLessThan(60);
      expect((await fetch(`http://${program.address}/-/ready`)).status).toBe(200);
    },
  );

  test("a process that was stopped for many intervals says so once and collects again", async ({
    onTestFinished,
  }) => {
    const { program } = await serveAt({ at: new Date("2026-06-10T12:00:00Z"), onTestFinished });
    await untilCollectedAgain(program, 2);
    process.kill(program.pid, "SIGSTOP");
    await sleep(runsInFull ? 60_000 : 4_000);
    process.kill(program.pid, "SIGCONT");
    await until("the missed run to be told", () =>
      program.events("schedule.missed").length > 0 ? true : undefined,
    );
    await untilCollectedAgain(program);
    const missed = await program.metric(
      'repo_pool_schedule_skipped_runs_total{schedule="collector",reason="missed"}',
    );
    expect(program.events("schedule.missed")).toHaveLength(missed ?? 0);
  }, 200_000);
});
