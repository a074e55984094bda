import type { CorruptedSlot } from "../../src/anomalies/anomaly.ts";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import type { JournalEntry } from "../../src/journal/journal-entry.ts";
import { RecoveryMemory } from "../../src/recovery/guards/recovery-memory.ts";
import { refuseUnattended, type UnattendedLimits } from "../../src/recovery/guards/unattended-guards.ts";
import { resolveRecoveryOptions } from "../../src/recovery/plan/recovery-options.ts";
import { selectSteps } from "../../src/recovery/plan/select-steps.ts";
import { recoverySteps } from "../../src/recovery/steps/step-registry.ts";
import { aSlotSnapshot, aSnapshotOf } from "../../test/http/fake-http-dependencies.ts";
import type { Scenario } from "./scenario.ts";

/** What the simulation takes as given. */
export const assumed = {
  /** Every fault is the worst: the repository is gone, no sibling helps, and the whole of it is fetched. */
  reason: "git_invalid",
  cloneSeconds: 60,
  /** Three attempts that run into the time limit of the network. */
  failedCloneSeconds: 120,
  attemptsOfFailedClone: 3,
  /** Collection, scrape, evaluation: up to a minute; then `for: 2m` and `group_wait: 10s` of the shipped files. */
  shortestAlertSeconds: 130,
  longestAlertSeconds: 190,
  /** `repeat_interval` of the shipped route. */
  repeatSeconds: 1800,
  /** One run at a time holds a host's journal; a pool's run has two slots in hand (`recovery.concurrency`). */
  alertConcurrency: 1,
  poolRunConcurrency: 2,
} as const;

export interface Traffic {
  /** A clone was begun: so many attempts reach the remote. */
  cloneStarted(now: number, attempts: number): void;
}

/** What bounds the clones of all hosts together. */
export interface SharedBudget {
  /** False if the clone may not begin. */
  claim(now: number): boolean;
}

interface Subject {
  readonly slotId: string;
  readonly runId: string;
  readonly now: number;
}

const epoch = Date.UTC(2026, 0, 1);
const options = resolveRecoveryOptions({ strategy: "conservative" });

/** One host with one pool. Its planner, guards and memory are the program's own; its slots, clock and remote are not. */
export class SimulatedHost {
  readonly #number: number;
  readonly #slotCount: number;
  readonly #limits: UnattendedLimits;
  readonly #random: () => number;
  readonly #shared: SharedBudget | undefined;
  readonly #newEntries: JournalEntry[] = [];
  readonly #memory = new RecoveryMemory({ readNew: () => this.#newEntries.splice(0) });
  readonly #snapshot: Snapshot;
  /** Broken slots, and when their alert is told next. */
  readonly #broken = new Map<string, number>();
  readonly #isolated = new Set<string>();
  readonly #waiting: string[] = [];
  readonly #running = new Map<string, { runId: string; endsAt: number; succeeds: boolean }>();
  #isPoolRun = false;
  #runCount = 0;

  constructor(given: {
    number: number;
    slotCount: number;
    limits: UnattendedLimits;
    random: () => number;
    shared: SharedBudget | undefined;
  }) {
    this.#number = given.number;
    this.#slotCount = given.slotCount;
    this.#limits = given.limits;
    this.#random = given.random;
    this.#shared = given.shared;
    this.#snapshot = aSnapshotOf(
      Array.from({ length: given.slotCount }, (_, index) => aSlotSnapshot({ slotId: slotIdOf(index) })),
    );
  }

  get runningCount(): number {
    return this.#running.size;
  }

  get brokenCount(): number {
    return this.#broken.size;
  }

  get isolatedCount(): number {
    return this.#isolated.size;
  }

  step(scenario: Scenario, { from, to }: { from: number; to: number }, traffic: Traffic): void {
    this.#breakSlots(scenario.breakRate(this.#number, from) * (to - from), to);
    this.#endRecoveries(to);
    if (this.#broken.size === 0) return;
    if (scenario.schedule === undefined) this.#takeAlerts(to);
    else if (this.#isScheduled(scenario.schedule, { from, to })) this.#planPoolRun();
    this.#beginRecoveries(scenario, to, traffic);
  }

  #breakSlots(probability: number, now: number): void {
    const soundCount = this.#slotCount - this.#broken.size - this.#isolated.size;
    for (let count = binomial(soundCount, probability, this.#random); count > 0; count--) {
      const slotId = this.#anySoundSlot();
      const { shortestAlertSeconds, longestAlertSeconds } = assumed;
      const delay = shortestAlertSeconds + this.#random() * (longestAlertSeconds - shortestAlertSeconds);
      this.#broken.set(slotId, now + delay);
    }
  }

  #anySoundSlot(): string {
    for (;;) {
      const slotId = slotIdOf(Math.floor(this.#random() * this.#slotCount));
      if (!this.#broken.has(slotId) && !this.#isolated.has(slotId)) return slotId;
    }
  }

  /** Where a clone failed, the run isolates the slot, which then waits for a person. */
  #endRecoveries(now: number): void {
    for (const [slotId, { runId, endsAt, succeeds }] of this.#running) {
      if (endsAt > now) continue;
      this.#running.delete(slotId);
      this.#broken.delete(slotId);
      const about = { now, slotId, runId };
      if (succeeds) this.#note(about, { action: "reclone", outcome: "done", data: { recovered: true } });
      else {
        this.#note(about, { action: "reclone", outcome: "failed" });
        this.#note(about, { action: "isolate", outcome: "done" });
        this.#isolated.add(slotId);
      }
    }
  }

  #takeAlerts(now: number): void {
    for (const [slotId, alertAt] of this.#broken) {
      if (alertAt > now) continue;
      this.#broken.set(slotId, now + assumed.repeatSeconds);
      if (!this.#waiting.includes(slotId) && !this.#running.has(slotId)) this.#waiting.push(slotId);
    }
  }

  #isScheduled(
    { everySeconds, spreadSeconds }: NonNullable<Scenario["schedule"]>,
    { from, to }: { from: number; to: number },
  ): boolean {
    const offset = spreadSeconds === 0 ? 0 : (this.#number * 617) % spreadSeconds;
    return Math.floor((from - offset) / everySeconds) !== Math.floor((to - offset) / everySeconds);
  }

  #planPoolRun(): void {
    if (this.#waiting.length + this.#running.size > 0) return;
    this.#isPoolRun = true;
    this.#waiting.push(...this.#broken.keys());
  }

  #beginRecoveries(scenario: Scenario, now: number, traffic: Traffic): void {
    const most = this.#isPoolRun ? assumed.poolRunConcurrency : assumed.alertConcurrency;
    while (this.#waiting.length > 0 && this.#running.size < most) {
      const about = { slotId: this.#waiting.shift() ?? "", runId: `run-${this.#runCount++}`, now };
      if (this.#mayAct(about)) this.#begin(about, scenario, traffic);
    }
  }

  #mayAct(about: Subject): boolean {
    const { slotId, runId, now } = about;
    const corruptedSlots = [...this.#broken.keys(), ...this.#isolated].map(accused);
    const anomalies = { ...this.#snapshot.anomalies, corruptedSlots };
    const slot = corruptedSlots.find((candidate) => candidate.slotId === slotId);
    if (slot === undefined || !options.recoverCorrupted || this.#isolated.has(slotId)) return false;
    this.#memory.refresh();
    const facts = {
      snapshot: { ...this.#snapshot, anomalies },
      memory: this.#withRunning(),
      runId,
      now: new Date(epoch + now * 1000),
    };
    const refusal = refuseUnattended(slot, facts, this.#limits);
    if (refusal !== undefined) {
      const { reason, data } = refusal;
      this.#note(about, { action: "reclone", outcome: "refused", reason, ...(data && { data }) });
    }
    return refusal === undefined;
  }

  /** As the engine counts what it has let through, before its outcome is in the journal. */
  #withRunning() {
    const memory = this.#memory;
    return {
      failuresOf: (slotId: string) => memory.failuresOf(slotId),
      lastStormOf: (repoName: string) => memory.lastStormOf(repoName),
      recoveriesSince: (since: Date) => [
        ...memory.recoveriesSince(since),
        ...[...this.#running].map(([slotId, { runId }]) => ({ slotId, runId })),
      ],
    };
  }

  #begin(about: Subject, scenario: Scenario, traffic: Traffic): void {
    const { slotId, runId, now } = about;
    const fault = { reasons: [assumed.reason], layout: "clone", isStateKnown: true } as const;
    if (!selectSteps(fault, recoverySteps).some(({ action }) => action === "reclone"))
      throw new Error("no clone is planned");
    if (scenario.isDiskFull?.(this.#number, now) === true) {
      this.#note(about, { action: "reclone", outcome: "refused", reason: "disk_space" });
      return;
    }
    if (this.#shared?.claim(now) === false) {
      this.#note(about, { action: "reclone", outcome: "refused", reason: "budget" });
      return;
    }
    const succeeds = scenario.isRemoteDown?.(now) !== true;
    traffic.cloneStarted(now, succeeds ? 1 : assumed.attemptsOfFailedClone);
    const seconds = succeeds ? assumed.cloneSeconds : assumed.failedCloneSeconds;
    this.#running.set(slotId, { runId, endsAt: now + seconds, succeeds });
  }

  #note(
    { now, slotId, runId }: Subject,
    end: Pick<JournalEntry, "action" | "outcome" | "reason" | "data"> & object,
  ): void {
    this.#newEntries.push({
      schema_version: 1,
      at: new Date(epoch + now * 1000).toISOString(),
      kind: "outcome",
      recovery_id: runId,
      trigger: "alert",
      mode: "live",
      repo_name: "demo",
      slot_id: slotId,
      ...end,
    });
  }
}

function slotIdOf(index: number): string {
  return `workspace-demo-slot${index + 1}`;
}

function accused(slotId: string): CorruptedSlot {
  return { kind: "corrupted_slot", slotId, repoName: "demo", reasons: [assumed.reason], detail: "" };
}

/** How many of so many come to pass; one uniform number while the probability is tiny. */
function binomial(count: number, probability: number, random: () => number): number {
  const none = (1 - probability) ** count;
  if (random() < none) return 0;
  let passed = 1;
  for (let index = 1; index < count; index++) if (random() < probability) passed++;
  return passed;
}
