import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import { aNotification, type SlotAlert } from "../kit/alert-burst.ts";
import { FakeClock } from "../kit/fake-clock.ts";
import { ServedProgram } from "../kit/served-program.ts";
import type { SoakRecord } from "./soak-record.ts";
import type { SoakedSlots } from "./soaked-slots.ts";

const token = "soak-token";
const patienceMilliseconds = 60_000;

export interface Sample {
  readonly atSeconds: number;
  readonly residentBytes: number;
  readonly descriptorCount: number;
}

const anomaliesSchema = z.object({
  corrupted_slots: z.array(z.object({ slot_id: z.string(), repo_name: z.string() })),
  orphaned_locks: z.array(z.object({ slot_id: z.string(), repo_name: z.string() })),
});

/** `serve` over all slots, on a wall clock that can be set, with an Alertmanager that posts what is wrong. */
export class SoakedSidecar {
  readonly #slots: SoakedSlots;
  readonly #record: SoakRecord;
  readonly #clock: FakeClock;
  readonly #firing = new Map<string, Date>();
  #served: ServedProgram | undefined;
  #startedAt = 0;
  /** Of the process that runs. */
  samples: Sample[] = [];
  /** That its event loop was held up, in any process so far. */
  longestLagSeconds = 0;
  /** Of every process so far, by log level and event. */
  readonly events = new Map<string, number>();

  constructor(slots: SoakedSlots, record: SoakRecord) {
    this.#slots = slots;
    this.#record = record;
    this.#clock = new FakeClock(slots.place.root, new Date());
    this.setClock(0);
  }

  get #program(): ServedProgram {
    if (this.#served === undefined) throw new Error("serve does not run");
    return this.#served;
  }

  async start(): Promise<void> {
    const { place, sources } = this.#slots;
    writeFileSync(join(place.root, "token"), token);
    const config = {
      sources,
      collector: { schedule: "*/5 * * * * *" },
      verification: {
        schedule: "*/20 * * * * *",
        connectivity_period: "10m",
        full_period: "20m",
        budget_ratio: 0.2,
      },
      recovery: { budget_per_hour: 5000, cooldown: "20s", storm_cooldown: "1m" },
      remediation: { enabled: true, auth: { bearer_token_file: join(place.root, "token") } },
    };
    this.samples = [];
    this.#startedAt = performance.now();
    this.#served = await ServedProgram.start(place, {
      config: JSON.stringify(config),
      env: this.#clock.env,
    });
  }

  /** Ahead of the machine's clock, or behind it. */
  setClock(aheadMilliseconds: number): void {
    this.#clock.set(new Date(Date.now() + aheadMilliseconds));
  }

  async kill(): Promise<void> {
    await this.#program.kill();
    this.#countEvents();
  }

  async abandon(): Promise<void> {
    await this.#served?.kill();
  }

  async stop(): Promise<void> {
    const status = await this.#program.stop();
    if (status !== 0) this.#record.violate(`serve ended with ${status}`);
    this.#countEvents();
  }

  #countEvents(): void {
    for (const line of this.#program.output.split("\n")) {
      const [, level, event] = /"level":"(warn|error|fatal)".*?"event":"([^"]+)"/.exec(line) ?? [];
      if (level === undefined) continue;
      const key = `${level} ${event}`;
      this.events.set(key, (this.events.get(key) ?? 0) + 1);
    }
    this.#served = undefined;
  }

  /** None before the first collection. */
  async slotIds(): Promise<string[]> {
    if ((await this.#request("/-/ready")).status !== 200) return [];
    const { body } = await this.#request("/api/v1/slots");
    const slots = z.array(z.object({ slot_id: z.string() })).parse(JSON.parse(body));
    return slots.map(({ slot_id: slotId }) => slotId);
  }

  /** What waits to be recovered. */
  async queueDepth(): Promise<number> {
    return (await this.#program.metric("repo_pool_queue_depth")) ?? 0;
  }

  /** What is wrong is told again until it is no more, as Alertmanager does. */
  async postAlerts(): Promise<void> {
    const answer = await this.#request("/api/v1/anomalies");
    // Before the first collection nobody knows.
    if (answer.status === 503) return;
    const anomalies = anomaliesSchema.parse(JSON.parse(answer.body));
    const alerts = [
      ...anomalies.corrupted_slots.map((slot) => this.#alertOf("RepoPoolSlotCorrupted", slot)),
      ...anomalies.orphaned_locks.map((slot) => this.#alertOf("RepoPoolLockOrphaned", slot)),
    ];
    const keys = new Set(alerts.map(({ name, slot }) => `${name} ${slot}`));
    for (const key of this.#firing.keys()) if (!keys.has(key)) this.#firing.delete(key);
    if (alerts.length > 0) await this.post(alerts);
  }

  #alertOf(
    name: string,
    { slot_id: slot, repo_name: pool }: { slot_id: string; repo_name: string },
  ): SlotAlert {
    const key = `${name} ${slot}`;
    const startsAt = this.#firing.get(key) ?? new Date();
    this.#firing.set(key, startsAt);
    return { name, pool, slot, startsAt };
  }

  async post(alerts: readonly SlotAlert[]): Promise<void> {
    const { status } = await this.#request("/api/v1/alerts", {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: aNotification(alerts, "{}:soak"),
    });
    this.#record.count(`notifications answered ${status}`);
    if (status !== 202 && status !== 503) this.#record.violate(`a notification was answered with ${status}`);
  }

  async sample(): Promise<void> {
    const { pid } = this.#program;
    const { status } = await this.#request("/-/healthy");
    if (status !== 200) this.#record.violate(`/-/healthy was answered with ${status}`);
    const { body: metrics } = await this.#request("/metrics");
    const [, lag] = /^nodejs_eventloop_lag_max_seconds (\S+)$/m.exec(metrics) ?? [];
    this.longestLagSeconds = Math.max(this.longestLagSeconds, Number(lag ?? 0));
    const text = readFileSync(`/proc/${pid}/status`, "utf8");
    this.samples.push({
      atSeconds: (performance.now() - this.#startedAt) / 1000,
      residentBytes: Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1]) * 1024,
      descriptorCount: readdirSync(`/proc/${pid}/fd`).length,
    });
  }

  async #request(path: string, init: Request = {}): Promise<Answer> {
    const signal = AbortSignal.timeout(patienceMilliseconds);
    // A connection that was idle may be closed by the server just when it is used again.
    const headers = { ...init.headers, connection: "close" };
    const ownDelay = monitorEventLoopDelay();
    ownDelay.enable();
    const { pid } = this.#program;
    const before = readSchedule(pid);
    try {
      const response = await fetch(`http://${this.#program.address}${path}`, { ...init, headers, signal });
      const answer = { status: response.status, body: await response.text() };
      if (answer.status !== 408) return answer;
      // A search of ours held this process up while it was to send the request.
      this.#record.count("requests answered 408");
    } catch (error) {
      await sleep(100);
      const what = `${path}: ${String(error)}`;
      if (!signal.aborted) throw new Error(what, { cause: error });
      const after = readSchedule(pid);
      const waited = after.waitedSeconds - before.waitedSeconds;
      const cause = blameFor(ownDelay.max / 1e9, waited);
      if (cause === undefined) {
        const ran = after.ranSeconds - before.ranSeconds;
        const meanwhile = `its main thread ran for ${ran.toFixed(1)} s and waited for a core for ${waited.toFixed(1)} s`;
        throw new Error(`${what}; ${meanwhile}`, { cause: error });
      }
      this.#record.count(cause);
    } finally {
      ownDelay.disable();
    }
    return this.#request(path, init);
  }
}

/** Who but `serve` was to blame for most of the time in which no answer came. Undefined if nobody. */
function blameFor(ownDelaySeconds: number, waitedSeconds: number): string | undefined {
  const most = patienceMilliseconds / 2000;
  // The answer may have been there for long.
  if (ownDelaySeconds >= most) return "answers that this process was too busy to read";
  return waitedSeconds >= most ? "answers that the machine gave serve no core for" : undefined;
}

interface Schedule {
  readonly ranSeconds: number;
  /** That it could have run and had no core. */
  readonly waitedSeconds: number;
}

/** Of the main thread. Source: Documentation/scheduler/sched-stats.rst of Linux, `/proc/<pid>/schedstat`. */
function readSchedule(pid: number): Schedule {
  const [ran = NaN, waited = NaN] = readFileSync(`/proc/${pid}/task/${pid}/schedstat`, "latin1")
    .split(" ")
    .map((nanoseconds) => Number(nanoseconds) / 1e9);
  return { ranSeconds: ran, waitedSeconds: waited };
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

interface Request {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
