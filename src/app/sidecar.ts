import { createCheckReport } from "./check-report.ts";
import { createRemediationPolicies } from "./remediation-policies.ts";
import type { Snapshot } from "../anomalies/snapshot.ts";
import type { SidecarConfig } from "../config/sidecar-config.ts";
import type { HttpDependencies, Recovery } from "../http/http-dependencies.ts";
import { startHttpServer } from "../http/http-server.ts";
import { sidecarMetrics } from "../metrics/catalogue.ts";
import { Metrics } from "../metrics/metrics.ts";
import { systemClock } from "../platform/clock.ts";
import { asError, UsageError } from "../platform/coded-error.ts";
import type { Logger } from "../platform/logger.ts";
import { PoolManager } from "../pool-manager.ts";
import type { RecoveryReport } from "../recovery/recovery-report.ts";
import type { RecoveryRequest } from "../recovery/recovery-request.ts";
import { resolveRecoveryOptions } from "../recovery/recovery-options.ts";
import type { RecoveryRecord } from "../remediation/recovery-queue.ts";
import { Remediation } from "../remediation/remediation.ts";
import { intervalSecondsOf, startSchedule, type Schedule } from "../schedule/schedule.ts";

export interface SidecarOptions {
  readonly config: SidecarConfig;
  readonly version: string;
  readonly logger: Logger;
  readonly listenAddresses: readonly string[];
  readonly telemetryPath: string;
  readonly externalUrl: string | undefined;
  readonly webConfigFile: string | undefined;
}

export interface RunningSidecar {
  readonly addresses: readonly string[];
  /** Stops taking requests and starting work; resolves when the running step has ended. */
  stop(): Promise<void>;
}

/**
 * Builds every object of `serve` once, and owns their order.
 * @throws UsageError `REMEDIATION_UNAUTHENTICATED` where remediation is on and nobody could prove who they are.
 */
export async function startSidecar(options: SidecarOptions): Promise<RunningSidecar> {
  requireAuthentication(options);
  const sidecar = new Sidecar(options);
  return sidecar.start();
}

function requireAuthentication({ config, webConfigFile }: SidecarOptions): void {
  const { enabled, bearerTokenFile } = config.remediation;
  if (!enabled || bearerTokenFile !== undefined || webConfigFile !== undefined) return;
  throw new UsageError(
    "REMEDIATION_UNAUTHENTICATED",
    "remediation is enabled without authentication: set remediation.auth.bearer_token_file, or users in --web.config.file",
  );
}

class Sidecar {
  readonly #options: SidecarOptions;
  readonly #manager: PoolManager;
  readonly #metrics: Metrics;
  readonly #remediation: Remediation;
  #snapshot: Snapshot | undefined;
  #loggedErrors = "[]";
  #collecting: Promise<void> | undefined;

  constructor(options: SidecarOptions) {
    const { config, logger } = options;
    this.#options = options;
    this.#manager = new PoolManager({ config });
    this.#metrics = new Metrics({
      version: options.version,
      collectionIntervalSeconds: intervalSecondsOf(config.collector.schedule) ?? 0,
      perSlot: config.metrics.perSlot,
    });
    this.#remediation = new Remediation({
      settings: {
        isEnabled: config.remediation.enabled,
        mode: config.remediation.mode,
        policies: createRemediationPolicies(config),
        queueSize: config.remediation.queueSize,
        approvalTimeoutSeconds: config.remediation.approvalTimeoutSeconds,
        maintenanceWindows: config.remediation.maintenanceWindows,
        instance: config.remediation.instance,
      },
      clock: systemClock,
      logger,
      snapshot: () => this.#snapshot,
      runRecovery: (request) => this.#recover(request),
      requestRescan: () => void this.#collect(),
      stateDirectory: config.remediation.enabled ? config.stateDir : undefined,
      concurrency: config.recovery.concurrency,
      onDecision: ({ decision }) => {
        this.#metrics.increment(sidecarMetrics.webhookAlerts, { decision });
      },
    });
  }

  async start(): Promise<RunningSidecar> {
    const { config, logger, listenAddresses, telemetryPath, externalUrl, webConfigFile } = this.#options;
    const server = await startHttpServer(
      {
        listenAddresses,
        telemetryPath,
        externalUrl,
        webConfig: webConfigFile === undefined ? undefined : { file: webConfigFile },
        bearerTokenFile: config.remediation.bearerTokenFile,
      },
      this.#httpDependencies(),
    );
    const schedules = this.#startSchedules();
    this.#remediation.start();
    void this.#collect();
    logger.info({ addresses: server.addresses, workspacesDir: config.workspacesDir }, "sidecar.started");
    return {
      addresses: server.addresses,
      stop: async () => {
        await server.stop();
        await Promise.all(schedules.map((schedule) => schedule.stop()));
        await this.#remediation.stop();
        await this.#collecting;
        logger.info({}, "sidecar.stopped");
      },
    };
  }

  #startSchedules(): Schedule[] {
    const { config, logger } = this.#options;
    const shared = { logger, timeZone: config.timezone };
    const collector = startSchedule({
      ...shared,
      name: "collector",
      expression: config.collector.schedule,
      run: () => this.#collect(),
    });
    const { schedule, strategy } = config.recovery;
    if (schedule === undefined) return [collector];
    const input = { slotId: undefined, force: false, input: { strategy } };
    const recovery = startSchedule({
      ...shared,
      name: "recovery",
      expression: schedule,
      run: async () => {
        await this.#recover({
          ...this.#manager.createRequest(input),
          trigger: "schedule",
          requestedBy: "schedule",
        });
      },
    });
    return [collector, recovery];
  }

  /** One collection at a time; whoever asks meanwhile waits for the running one. */
  #collect(): Promise<void> {
    this.#collecting ??= this.#collectOnce().finally(() => {
      this.#collecting = undefined;
    });
    return this.#collecting;
  }

  async #collectOnce(): Promise<void> {
    this.#metrics.increment(sidecarMetrics.collections);
    try {
      const snapshot = await this.#manager.snapshot();
      this.#metrics.update(snapshot);
      this.#metrics.observeCollection(snapshot.durationSeconds);
      this.#metrics.set(sidecarMetrics.collectionLastSuccessAt, snapshot.checkedAt.getTime() / 1000);
      this.#snapshot = snapshot;
      this.#logErrors(snapshot);
    } catch (error) {
      this.#metrics.increment(sidecarMetrics.collectionFailures);
      this.#options.logger.error({ err: asError(error).message }, "collection.failed");
    }
  }

  /** Once for as long as the same things cannot be looked at. */
  #logErrors({ errors, pools }: Snapshot): void {
    const problems = pools.flatMap((pool) =>
      pool.problems.map(({ code, path, detail }) => ({ code, path, detail })),
    );
    const all = [...errors, ...problems];
    const key = JSON.stringify(all);
    if (key === this.#loggedErrors) return;
    this.#loggedErrors = key;
    for (const { code, path, detail } of all)
      this.#options.logger.warn({ code, path, detail }, "collection.problem");
  }

  async #recover(request: RecoveryRequest): Promise<RecoveryReport> {
    const { recoveryId, trigger, slotId } = request;
    this.#metrics.increment(sidecarMetrics.recoveryRuns, { trigger });
    this.#options.logger.info({ recoveryId, trigger, slotId }, "recovery.started");
    try {
      const report = await this.#manager.recover(request);
      this.#countReport(request, report);
      const { actions, errors, ...results } = report;
      this.#options.logger.info(
        { recoveryId, ...results, actionCount: actions.length, errors },
        "recovery.finished",
      );
      return report;
    } catch (error) {
      this.#metrics.increment(sidecarMetrics.recoveryRunFailures, { trigger });
      throw error;
    } finally {
      await this.#collect();
    }
  }

  #countReport({ trigger }: RecoveryRequest, report: RecoveryReport): void {
    const mode = report.dryRun ? "dry_run" : "live";
    if (report.errors.length > 0) this.#metrics.increment(sidecarMetrics.recoveryRunFailures, { trigger });
    for (const { action, outcome, reason, repoName } of report.actions) {
      if (outcome === "refused") this.#metrics.increment(sidecarMetrics.skipped, { action, reason });
      else this.#metrics.increment(sidecarMetrics.actions, { action, mode });
      if (outcome === "failed") this.#metrics.increment(sidecarMetrics.actionFailures, { action, mode });
      if (outcome !== "done") continue;
      const pool = { pool: repoName };
      if (action === "release") this.#metrics.increment(sidecarMetrics.slotsReleased, pool);
      else if (action === "isolate") this.#metrics.increment(sidecarMetrics.slotsIsolated, pool);
      else if (action === "move_slot_lock") this.#metrics.increment(sidecarMetrics.locksCleaned, pool);
    }
  }

  #httpDependencies(): HttpDependencies {
    const { version, logger, config } = this.#options;
    return {
      version,
      logger,
      clock: systemClock,
      snapshot: () => this.#snapshot,
      checkReport: (snapshot) => createCheckReport(snapshot),
      exposition: { render: (request) => this.#renderMetrics(request) },
      isReady: () => this.#snapshot !== undefined,
      isRemediationEnabled: () => config.remediation.enabled,
      receiveAlerts: (payload) => this.#receiveAlerts(payload),
      onRejected: (reason) => {
        this.#metrics.increment(sidecarMetrics.webhookRejected, { reason });
      },
      recoveries: this.#recoveries(),
      isolate: async ({ slotId, reason }) => {
        const isKnown = this.#snapshot?.pools.some((pool) =>
          pool.slots.some((slot) => slot.slotId === slotId),
        );
        if (isKnown !== true) return { kind: "not_found" };
        const report = await this.#manager.isolateSlot(slotId, reason);
        await this.#collect();
        const refused = report.actions.find(({ outcome }) => outcome !== "done");
        return refused === undefined
          ? { kind: "done" }
          : { kind: "refused", reason: refused.reason, detail: refused.detail };
      },
      pauses: () => this.#remediation.pauses(),
      pause: (pause) => this.#remediation.pause(pause),
      resume: ({ name }) => this.#remediation.resume(name),
      reload: () =>
        Promise.resolve({
          kind: "invalid",
          problems: ["this version takes a new configuration by restart only"],
        }),
      salvages: () => [],
    };
  }

  async #renderMetrics(request: { accept?: string; acceptEncoding?: string }) {
    this.#metrics.set(sidecarMetrics.queueDepth, this.#remediation.queueDepth());
    return this.#metrics.render(request);
  }

  #receiveAlerts(payload: unknown) {
    const receipt = this.#remediation.receive(payload);
    if (receipt.kind === "accepted") this.#metrics.increment(sidecarMetrics.webhookNotifications);
    return receipt;
  }

  #recoveries(): HttpDependencies["recoveries"] {
    return {
      list: () => this.#remediation.list().map((record) => describeRecovery(record, this.#options.config)),
      get: (recoveryId) => {
        const record = this.#remediation.get(recoveryId);
        return record === undefined ? undefined : describeRecovery(record, this.#options.config);
      },
      submit: async (submission) => {
        const outcome = await this.#remediation.submit(submission);
        if (outcome.kind !== "planned") return outcome;
        return { kind: "planned", recovery: describeRecovery(outcome.record, this.#options.config) };
      },
      approve: (request) => Promise.resolve(describeApproval(this.#remediation.approve(request))),
      reject: (request) => Promise.resolve(describeApproval(this.#remediation.reject(request))),
    };
  }
}

function describeRecovery(record: RecoveryRecord, config: SidecarConfig): Recovery {
  const { request, report, state } = record;
  const expiresAt = new Date(record.queuedAt.getTime() + config.remediation.approvalTimeoutSeconds * 1000);
  return {
    recoveryId: record.recoveryId,
    status: state === "awaiting_approval" ? "waiting_for_approval" : state,
    trigger: request.trigger,
    requestedBy: request.requestedBy,
    slotId: request.slotId,
    dryRun: resolveRecoveryOptions(request.options).dryRun,
    requestedAt: record.queuedAt,
    finishedAt: record.finishedAt,
    expiresAt: state === "awaiting_approval" ? expiresAt : undefined,
    actions: report?.actions ?? [],
    errors: report?.errors ?? (record.error === undefined ? [] : [record.error]),
  };
}

function describeApproval(outcome: ReturnType<Remediation["approve"]>) {
  if (outcome.kind !== "not_waiting") return outcome;
  const status = outcome.state === "awaiting_approval" ? ("waiting_for_approval" as const) : outcome.state;
  return { kind: "not_waiting" as const, status };
}
