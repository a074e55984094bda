import type { Snapshot } from "../anomalies/snapshot.ts";
import { CachedPart } from "./cached-part.ts";
import { systemClock, type Clock } from "../platform/clock.ts";
import { fleetMetrics, gitCommands, poolStateMetrics, recoveryMetrics, sidecarMetrics } from "./catalogue.ts";
import { Exposition, type ExpositionRequest, type RenderedExposition } from "./exposition.ts";
import { noFleet, sampleFleet, type FleetState } from "./fleet-samples.ts";
import { Instruments } from "./instruments.ts";
import type { MetricDefinition } from "./metric-definition.ts";
import { ProcessMetrics } from "./process-metrics.ts";
import { noPoolStates, samplePoolStates, sampleRecovery, type PoolStates } from "./recovery-samples.ts";
import type { RecoveryTotals } from "./recovery-totals.ts";
import { renderPart, type RenderedPart } from "./rendered-part.ts";
import { SnapshotPart } from "./snapshot-part.ts";
import { asOneOf } from "../platform/stored-fields.ts";
import { describeProgram, type ProgramFacts } from "./describe-program.ts";

export interface MetricsOptions extends ProgramFacts {
  readonly collectionIntervalSeconds: number;
  readonly verificationPeriodSeconds?: { readonly connectivity: number; readonly full: number };
  /** When the configuration in force was loaded. */
  readonly configLoadedAt?: Date;
  readonly perSlot: boolean;
  readonly maxSlotSeries: number;
  readonly clock?: Pick<Clock, "now">;
}

/** How often the process is read at most, however many scrapes there are. */
const processMaxAgeMilliseconds = 1000;

/** Everything that is scraped: the last snapshot, what the sidecar counted, and its process. */
export class Metrics {
  readonly #snapshotPart: SnapshotPart;
  readonly #instruments: Instruments;
  readonly #sidecarPart = new CachedPart(() => this.#renderSidecar());
  readonly #processMetrics = new ProcessMetrics();
  readonly #processPart = new CachedPart(() => this.#processMetrics.render());
  readonly #exposition: Exposition;
  readonly #clock: Pick<Clock, "now">;
  #processReadAt = new Date(0);
  #poolStates = noPoolStates;
  #fleet = noFleet;
  #recoveryTotals: RecoveryTotals | undefined;
  #pools: readonly string[] = [];

  constructor(options: MetricsOptions) {
    this.#clock = options.clock ?? systemClock;
    this.#snapshotPart = new SnapshotPart(options);
    this.#instruments = new Instruments(Object.values(sidecarMetrics), () => {
      this.#sidecarPart.invalidate();
    });
    this.#exposition = new Exposition(async () => {
      const [sidecar, program] = await Promise.all([this.#sidecarPart.current(), this.#readProcessPart()]);
      return [this.#snapshotPart.current(), sidecar, program];
    });
    describeProgram(this.#instruments, options);
    this.#describeSettings(options);
  }

  increment(metric: MetricDefinition, labels: Record<string, string> = {}, by = 1): void {
    this.#instruments.increment(metric, labels, by);
  }

  set(metric: MetricDefinition, value: number, labels: Record<string, string> = {}): void {
    this.#instruments.set(metric, value, labels);
  }

  /** Adds a value to a histogram, in the unit of its name. */
  observe(metric: MetricDefinition, value: number, labels: Record<string, string> = {}): void {
    this.#instruments.observe(metric, value, labels);
  }

  observeCollection(durationSeconds: number): void {
    this.observe(sidecarMetrics.collectionDuration, durationSeconds);
  }

  observeGitCommand(ended: {
    command: string;
    durationSeconds: number;
    hasFailed: boolean;
    retryCount: number;
  }): void {
    const labels = { command: asOneOf(gitCommands, ended.command) ?? "other" };
    this.increment(sidecarMetrics.gitCommands, labels);
    this.increment(sidecarMetrics.gitCommandRetries, labels, ended.retryCount);
    if (ended.hasFailed) this.increment(sidecarMetrics.gitCommandFailures, labels);
    this.observe(sidecarMetrics.gitCommandDuration, ended.durationSeconds, labels);
  }

  /** From the first call on, the recovery metrics come from the journal alone: increments of them are dropped. */
  setRecoveryTotals(totals: RecoveryTotals): void {
    if (this.#recoveryTotals === undefined) this.#instruments.remove(Object.values(recoveryMetrics));
    if (totals === this.#recoveryTotals) return;
    this.#recoveryTotals = totals;
    this.#sidecarPart.invalidate();
  }

  setPoolStates(states: PoolStates): void {
    if (isEqual(states.paused, this.#poolStates.paused) && isEqual(states.storm, this.#poolStates.storm))
      return;
    this.#poolStates = states;
    this.#sidecarPart.invalidate();
  }

  setFleet(fleet: FleetState): void {
    if (fleet.isUp === this.#fleet.isUp) return;
    this.#fleet = fleet;
    this.#sidecarPart.invalidate();
  }

  /** Renders a snapshot once, for all scrapes until the next; until it is rendered they see the one before. */
  update(snapshot: Snapshot): void {
    this.#pools = snapshot.pools.map((pool) => pool.repoName);
    this.#sidecarPart.invalidate();
    this.#snapshotPart.update(snapshot);
  }

  /** Resolves when the newest snapshot is the one that scrapes see. */
  async settled(): Promise<void> {
    await this.#snapshotPart.settled();
  }

  render(request: ExpositionRequest): Promise<RenderedExposition> {
    return this.#exposition.render(request);
  }

  #describeSettings(options: MetricsOptions): void {
    const { verificationPeriodSeconds, configLoadedAt } = options;
    this.set(sidecarMetrics.collectionInterval, options.collectionIntervalSeconds);
    this.set(sidecarMetrics.configReloadSuccessful, 1);
    if (configLoadedAt !== undefined)
      this.set(sidecarMetrics.configReloadedAt, configLoadedAt.getTime() / 1000);
    for (const [depth, seconds] of Object.entries(verificationPeriodSeconds ?? {}))
      this.set(sidecarMetrics.verificationPeriod, seconds, { depth });
  }

  async #renderSidecar(): Promise<RenderedPart> {
    const totals = this.#recoveryTotals;
    const samples = [
      ...samplePoolStates(this.#poolStates, this.#pools),
      ...(totals === undefined ? [] : sampleRecovery(totals, this.#pools)),
      ...(await this.#instruments.sample()),
      ...sampleFleet(this.#fleet),
    ];
    const metrics = [poolStateMetrics, sidecarMetrics, fleetMetrics].flatMap((group) => Object.values(group));
    return renderPart(metrics, samples);
  }

  #readProcessPart(): Promise<RenderedPart> {
    const now = this.#clock.now();
    // A clock that was set back must not keep old readings.
    if (Math.abs(now.getTime() - this.#processReadAt.getTime()) >= processMaxAgeMilliseconds) {
      this.#processReadAt = now;
      this.#processPart.invalidate();
    }
    return this.#processPart.current();
  }
}

function isEqual(left: ReadonlySet<string>, right: ReadonlySet<string>): boolean {
  return left.size === right.size && [...left].every((member) => right.has(member));
}
