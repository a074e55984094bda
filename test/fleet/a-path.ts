import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describeAlert, takeAlerts, takeDecision } from "../../src/serve/fleet/fleet-intake.ts";
import { FleetGateway } from "../../src/fleet/fleet-gateway.ts";
import { FleetHost } from "../../src/fleet/fleet-host.ts";
import { FleetLink } from "../../src/fleet/fleet-link.ts";
import { loadPostgres } from "../../src/fleet/load-postgres.ts";
import { Journal } from "../../src/journal/journal.ts";
import { systemClock, type Clock } from "../../src/platform/clock.ts";
import { silentLogger, type Logger } from "../../src/platform/logger.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import type { RecoveryRequest } from "../../src/recovery/recovery-request.ts";
import type { RemediationSettings } from "../../src/remediation/alerts/policy.ts";
import type { RecoveryPath } from "./recovery-path.ts";
import type { Remediation, RemediationOptions } from "../../src/remediation/remediation.ts";
import { aRemediation, emptyReport } from "../remediation/fake-remediation.ts";
import type { RealPostgres } from "../kit/postgres.ts";

export interface PathOptions {
  readonly settings?: Partial<RemediationSettings>;
  readonly remediation?: Partial<Omit<RemediationOptions, "settings">>;
  run?(request: RecoveryRequest): Promise<RecoveryReport>;
}

/** A path from alerts to recoveries that a test can end and begin again. */
export interface TestedPath {
  readonly path: RecoveryPath;
  /** What was run, in its order. */
  readonly runs: readonly RecoveryRequest[];
  /** Lets what is on the way run. */
  start(): Promise<void>;
  /** Ends the host without letting anything begin, and makes it again over the same state. */
  restart(): Promise<void>;
  destroy(): Promise<void>;
}

abstract class HostState {
  readonly stateDir = mkdtempSync(join(tmpdir(), "recovery-path-"));
  readonly runs: RecoveryRequest[] = [];
  readonly #options: PathOptions;

  constructor(options: PathOptions) {
    this.#options = options;
  }

  protected createRemediation(): Remediation {
    return aRemediation(
      {
        clock: systemClock,
        stateDir: this.stateDir,
        runRecovery: (request) => {
          if (!request.options.dryRun) this.runs.push(request);
          return this.#options.run?.(request) ?? Promise.resolve(emptyReport);
        },
        ...this.#options.remediation,
      },
      this.#options.settings,
    );
  }

  protected removeState(): void {
    rmSync(this.stateDir, { recursive: true, force: true });
  }
}

export class LocalPath extends HostState implements TestedPath {
  #remediation = this.createRemediation();

  get path(): RecoveryPath {
    return this.#remediation;
  }

  start(): Promise<void> {
    this.#remediation.start();
    return Promise.resolve();
  }

  async restart(): Promise<void> {
    await this.#remediation.stop();
    this.#remediation = this.createRemediation();
  }

  async destroy(): Promise<void> {
    await this.#remediation.stop();
    this.removeState();
  }
}

export async function aFleetLink(
  postgres: RealPostgres,
  given: Partial<ConstructorParameters<typeof FleetLink>[0]> = {},
): Promise<FleetLink> {
  return new FleetLink({
    modules: await loadPostgres(),
    files: { connectionStringFile: postgres.connectionStringFile, caFile: undefined },
    mostConnections: 2,
    maintains: false,
    clock: systemClock,
    logger: silentLogger,
    ...given,
  });
}

/** One for each name, as each state directory has one. */
function sidecarIdOf(sidecar: string): string {
  const digits = createHash("sha256").update(sidecar).digest("hex");
  return [8, 12, 16, 20, 32].map((end, index, ends) => digits.slice(ends[index - 1] ?? 0, end)).join("-");
}

interface FleetPathOptions extends PathOptions {
  readonly sidecar: string;
  readonly pools?: readonly string[];
  readonly instance?: string;
  readonly sidecarId?: string;
  readonly logger?: Logger;
  /** The host's own. */
  readonly clock?: Clock;
}

/** A gateway and one host in this process. */
export class FleetPath extends HostState implements TestedPath {
  readonly #postgres: RealPostgres;
  readonly #given: FleetPathOptions;
  readonly path: FleetGateway;
  #remediation = this.createRemediation();
  #host: FleetHost;

  private constructor(
    postgres: RealPostgres,
    given: FleetPathOptions,
    { path, hostLink }: { path: FleetGateway; hostLink: FleetLink },
  ) {
    super(given);
    this.#postgres = postgres;
    this.#given = given;
    this.path = path;
    this.#host = this.#createHost(hostLink);
  }

  /** Resolves when the host has registered; it fetches nothing before `start`. */
  static async create(postgres: RealPostgres, given: FleetPathOptions): Promise<FleetPath> {
    const link = await aFleetLink(postgres, { maintains: true });
    const path = new FleetGateway({ link, clock: systemClock, logger: silentLogger });
    const created = new FleetPath(postgres, given, { path, hostLink: await aFleetLink(postgres) });
    created.#host.start();
    await created.#untilRegistered();
    await created.#host.stop();
    return created;
  }

  async start(): Promise<void> {
    this.#host = this.#createHost(await aFleetLink(this.#postgres));
    this.#remediation.start();
    this.#host.start();
  }

  async restart(): Promise<void> {
    await this.#host.stop();
    await this.#remediation.stop();
    this.#remediation = this.createRemediation();
  }

  async destroy(): Promise<void> {
    await this.#host.stop();
    await this.#remediation.stop();
    await this.path.stop();
    this.removeState();
  }

  #createHost(link: FleetLink): FleetHost {
    const { sidecar, sidecarId = sidecarIdOf(sidecar), pools = ["demo", "other"], instance } = this.#given;
    const { logger = silentLogger, clock = systemClock } = this.#given;
    return new FleetHost({
      link,
      logger,
      clock,
      pollMilliseconds: 50,
      isLeader: () => true,
      announcement: () => ({
        sidecar,
        sidecarId,
        instance,
        pools,
        orphanLockSlots: [],
        version: "1.2.3",
      }),
      intake: {
        room: () => 100,
        takeAlerts: (alerts) => takeAlerts(this.#remediation, alerts),
        takeDecision: (decision) => {
          takeDecision(this.stateDir, decision, clock);
        },
        describeAlert,
      },
      audit: {
        clock,
        followJournal: () => new Journal(this.stateDir).follow(),
        records: () => this.#remediation.list(),
        expiresAt: () => undefined,
      },
    });
  }

  async #untilRegistered(): Promise<void> {
    for (;;) {
      const { hosts } = await this.path.overview();
      if (hosts.some(({ sidecar }) => sidecar === this.#given.sidecar)) return;
      await systemClock.sleep(20);
    }
  }
}
