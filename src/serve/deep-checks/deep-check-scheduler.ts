import type { SidecarConfig } from "../../config/sidecar-config.ts";
import {
  findUnsavedWork,
  groupByStore,
  inspectDeep,
  type DeepInspection,
  type StoreGroup,
} from "../../inspection/deep/deep-inspection.ts";
import type { DeepCheckOptions, DeepDepth } from "../../inspection/deep/deep-check.ts";
import { storeDigest } from "../../inspection/memory/store-digest.ts";
import { sidecarMetrics } from "../../metrics/catalogue.ts";
import type { Metrics } from "../../metrics/metrics.ts";
import { asError } from "../../platform/coded-error.ts";
import { secondsBetween, type Clock } from "../../platform/clock.ts";
import type { Logger } from "../../platform/logger.ts";
import { SingleFlight } from "../../platform/single-flight.ts";
import type { SlotInspection } from "../../inspection/slot-inspection.ts";
import { selectDueLooks } from "./due-looks.ts";
import { selectDueChecks, type DueCheck } from "./due-checks.ts";
import type { PoolWatch } from "../watch/pool-watch.ts";
import type { DeepKnowledge } from "../watch/watch-state.ts";

export interface DeepCheckSchedulerOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, "increment">;
  readonly watch: Pick<PoolWatch, "slotStates" | "inspected" | "memory">;
  /** The settings in force: a reload may change them. */
  readonly settings: () => SidecarConfig["verification"];
  /** Directories that can be made again; see `salvage.exclude`. */
  readonly remadeNames?: () => readonly string[];
  /** Replaced in tests. */
  readonly inspect?: typeof inspectDeep;
  /** The monotonic clock: a share of time must not depend on who sets the other one. Replaced in tests. */
  readonly readSeconds?: () => number;
}

/** A git that hangs ends here; a store that needs longer cannot be checked. */
const timeoutSeconds = 3600;
/** The time that counts as saved up at the start. */
const creditAtStartSeconds = 300;
/** Unused time is not saved up for longer than this: a quiet night must not lead to a busy morning. */
const mostCreditSeconds = 3600;
/** A store that could not be checked is left alone this long. */
const retryAfterSeconds = 3600;

/**
 * Deep checks in turn, one store at a time, for no more than a share of one core's time: what was used beyond the
 * share is waited out before the next one.
 */
export class DeepCheckScheduler {
  readonly #options: DeepCheckSchedulerOptions;
  readonly #stopping = new AbortController();
  /** When a store could not be checked, by its directory. */
  readonly #failedAt = new Map<string, Date>();
  #budgetSeconds: number;
  readonly #readSeconds: () => number;
  #creditedAt: number;
  readonly #flight = new SingleFlight();

  constructor(options: DeepCheckSchedulerOptions) {
    this.#options = options;
    this.#budgetSeconds = options.settings().budgetRatio * creditAtStartSeconds;
    this.#readSeconds = options.readSeconds ?? (() => performance.now() / 1000);
    this.#creditedAt = this.#readSeconds();
  }

  /** Makes the checks that are due while the budget lasts. Never twice at once: a second caller waits for the first. */
  run(): Promise<void> {
    return this.#flight.run(() => this.#turn());
  }

  /** Ends the running check, whose result is not kept. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#flight.ended();
  }

  /** True if faults that a deep check found may have ended: their files changed. */
  hasChangedFaults(): boolean {
    const { watch } = this.#options;
    return watch.inspected().some(({ slot }) => this.#isChanged(slot.slotId));
  }

  async #turn(): Promise<void> {
    const { watch } = this.#options;
    this.#earn();
    const done = new Set<string>();
    while (this.#mayGoOn()) {
      const due = this.#selectDue().find(({ group }) => !done.has(group.commonDirectory));
      if (due === undefined) break;
      done.add(due.group.commonDirectory);
      await this.#spend(() => this.#check(due));
    }
    await this.#lookForWork();
    watch.slotStates.save();
  }

  #mayGoOn(): boolean {
    return this.#budgetSeconds > 0 && !this.#stopping.signal.aborted;
  }

  /** The time that it takes comes out of the budget. */
  async #spend(act: () => Promise<void>): Promise<void> {
    const startedAt = this.#readSeconds();
    await act();
    this.#budgetSeconds -= this.#readSeconds() - startedAt;
  }

  /** With what the deep checks leave of the budget. */
  async #lookForWork(): Promise<void> {
    const { watch, clock, settings } = this.#options;
    const due = selectDueLooks({
      ...{ inspected: watch.inspected(), now: clock.now() },
      periodSeconds: settings().unsavedWorkPeriodSeconds,
      deep: (slotId) => watch.slotStates.deep(slotId),
    });
    for (const inspection of due) {
      if (!this.#mayGoOn()) return;
      await this.#spend(() => this.#lookAt(inspection));
    }
  }

  async #lookAt(inspection: SlotInspection): Promise<void> {
    const { watch, clock, remadeNames } = this.#options;
    const { signal } = this.#stopping;
    const { slotId } = inspection.slot;
    const unsavedWorkSeenAt = clock.now();
    const options = { timeoutSeconds, signal, remadeNames: remadeNames?.() };
    const unsavedWork = await findUnsavedWork(inspection, options).catch(() => nothingSeen.unsavedWork);
    const before = watch.slotStates.deep(slotId);
    if (before === undefined || signal.aborted) return;
    watch.slotStates.setDeep(slotId, { ...before, unsavedWork, unsavedWorkSeenAt });
  }

  #earn(): void {
    const now = this.#readSeconds();
    const { budgetRatio } = this.#options.settings();
    const earned = (now - this.#creditedAt) * budgetRatio;
    this.#creditedAt = now;
    this.#budgetSeconds = Math.min(this.#budgetSeconds + earned, mostCreditSeconds * budgetRatio);
  }

  #selectDue(): DueCheck[] {
    const { watch, clock, settings } = this.#options;
    const now = clock.now();
    const { connectivityPeriodSeconds, fullPeriodSeconds } = settings();
    const groups = groupByStore(watch.inspected()).filter(
      ({ commonDirectory }) => !this.#hasFailedLately(commonDirectory, now),
    );
    return selectDueChecks({
      ...{ groups, now, connectivityPeriodSeconds, fullPeriodSeconds },
      deep: (slotId) => watch.slotStates.deep(slotId),
      isChanged: (slotId) => this.#isChanged(slotId),
    });
  }

  #hasFailedLately(commonDirectory: string, now: Date): boolean {
    const failedAt = this.#failedAt.get(commonDirectory);
    // Either sign: a clock that was set back must not keep the store unchecked.
    return failedAt !== undefined && Math.abs(secondsBetween(failedAt, now)) < retryAfterSeconds;
  }

  #isChanged(slotId: string): boolean {
    const deep = this.#options.watch.slotStates.deep(slotId);
    if (deep === undefined || deep.findings.length === 0) return false;
    return this.#digest(slotId) !== deep.filesDigest;
  }

  /** Of what the slot's probe reads, and of the objects below it. */
  #digest(slotId: string): string {
    const { watch } = this.#options;
    const inspection = watch.inspected().find(({ slot }) => slot.slotId === slotId);
    const objects =
      inspection?.directories === undefined ? "" : storeDigest(inspection.directories.commonDirectory);
    return `${watch.memory.digest(slotId) ?? ""}.${objects}`;
  }

  async #check({ group, depth }: DueCheck): Promise<void> {
    const { logger, clock, remadeNames, inspect = inspectDeep } = this.#options;
    const { signal } = this.#stopping;
    const options: DeepCheckOptions = { depth, timeoutSeconds, signal, remadeNames: remadeNames?.() };
    // Before, so that a change during the check counts as one after it.
    const startedAt = clock.now();
    const digests = new Map(group.members.map(({ slot }) => [slot.slotId, this.#digest(slot.slotId)]));
    const inspected = await inspect(group, options).catch((error: unknown) => {
      const check = { kind: "unchecked" as const, detail: asError(error).message };
      return group.members.map(({ slot: { slotId } }) => ({ slotId, check, ...nothingSeen }));
    });
    if (signal.aborted) return;
    for (const each of inspected) this.#keep(each, { depth, startedAt, digest: digests.get(each.slotId) });
    this.#noteFailure(group, inspected);
    const slotIds = inspected.map(({ slotId }) => slotId);
    const faulty = inspected.filter(({ check }) => check.kind === "checked" && check.findings.length > 0);
    logger.info({ depth, slotIds, faultyCount: faulty.length }, "verification.finished");
  }

  #keep(
    { slotId, check, ...seen }: DeepInspection,
    { depth, startedAt, digest }: { depth: DeepDepth; startedAt: Date; digest: string | undefined },
  ): void {
    const { watch, metrics, clock } = this.#options;
    metrics.increment(sidecarMetrics.verifications, { depth });
    const before = watch.slotStates.deep(slotId) ?? nothingChecked;
    if (check.kind === "unchecked") {
      metrics.increment(sidecarMetrics.verificationFailures, { depth });
      watch.slotStates.setDeep(slotId, { ...before, ...seen, unsavedWorkSeenAt: startedAt });
      return;
    }
    const now = clock.now();
    // The full check makes the other one too.
    const at = depth === "full" ? { connectivity: now, full: now } : { connectivity: now };
    const { findings } = check;
    watch.slotStates.setDeep(slotId, {
      ...{ ...seen, unsavedWorkSeenAt: startedAt },
      checkedAt: { ...before.checkedAt, ...at },
      verifiedAt: findings.length === 0 ? { ...before.verifiedAt, ...at } : before.verifiedAt,
      findings,
      filesDigest: findings.length === 0 ? undefined : digest,
    });
  }

  #noteFailure({ commonDirectory }: StoreGroup, inspected: readonly DeepInspection[]): void {
    const failure = inspected.find(({ check }) => check.kind === "unchecked");
    if (failure?.check.kind !== "unchecked") {
      this.#failedAt.delete(commonDirectory);
      return;
    }
    this.#failedAt.set(commonDirectory, this.#options.clock.now());
    const { slotId, check } = failure;
    this.#options.logger.warn({ slotId, detail: check.detail }, "verification.failed");
  }
}

/** What could not be read is taken for unsaved. */
const nothingSeen: Pick<DeepKnowledge, "unsavedWork" | "diskBytes" | "worktreeChangedAt"> = {
  unsavedWork: ["unknown"],
  diskBytes: undefined,
  worktreeChangedAt: undefined,
};

const nothingChecked: DeepKnowledge = {
  checkedAt: {},
  verifiedAt: {},
  findings: [],
  filesDigest: undefined,
  unsavedWorkSeenAt: undefined,
  ...nothingSeen,
};
