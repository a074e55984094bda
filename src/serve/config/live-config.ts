import type { LoadedConfig } from "../../config/load-config.ts";
import { findTokenProblems, takesAlertsByToken, type AuthSettings } from "../../config/token-file.ts";
import type { SidecarConfig } from "../../config/sidecar-config.ts";
import type { ReloadOutcome } from "../../http/http-dependencies.ts";
import { asError, UsageError } from "../../platform/coded-error.ts";
import { systemClock } from "../../platform/clock.ts";
import { createPoolServices, type PoolServices } from "../../pool-services.ts";
import { PausePolicy } from "../../recovery/guards/pause-policy.ts";
import { Pauses } from "../../recovery/guards/pauses.ts";
import { unattendedMode, type RemediationSettings } from "../../remediation/alerts/policy.ts";
import { CronWindows, type WindowState } from "../../schedule/cron-windows.ts";
import { createRemediationPolicies } from "./remediation-policies.ts";

export interface LiveConfigOptions {
  readonly config: SidecarConfig;
  /** Whether the web configuration has users or client certificates. */
  readonly hasWebConfig: boolean;
  /** Reads flags, environment and files again. */
  load(): Promise<LoadedConfig>;
}

/** The configuration in force and what is made from it alone. A reload replaces all of it, or nothing. */
export class LiveConfig {
  readonly pauses: Pauses;
  /** The one that decides for `serve` whether a recovery waits; it follows the maintenance windows in force. */
  readonly pausePolicy: PausePolicy;
  readonly #options: LiveConfigOptions;
  /** What parts that a reload does not reach were built from. */
  readonly #started: SidecarConfig;
  #current: Derived;

  /** @throws UsageError `REMEDIATION_UNAUTHENTICATED`, `TOKEN_FILE_UNUSABLE`, `POLICY_INVALID` */
  constructor(options: LiveConfigOptions) {
    this.#options = options;
    this.#started = options.config;
    this.pauses = new Pauses(options.config.stateDir);
    this.pausePolicy = new PausePolicy({
      pauses: this.pauses,
      maintenance: { isOpen: (pool, now) => this.#current.windows.isOpen(pool, now) },
      clock: systemClock,
    });
    this.#current = this.#derive(options.config);
  }

  get config(): SidecarConfig {
    return this.#current.config;
  }

  get services(): PoolServices {
    return this.#current.services;
  }

  get remediation(): RemediationSettings {
    return this.#current.remediation;
  }

  maintenanceWindows(): readonly WindowState[] {
    return this.#current.windows.list(systemClock.now());
  }

  /** What cannot change while the program runs keeps its value and is named. */
  async reload(): Promise<ReloadOutcome> {
    const loaded = await this.#options.load();
    if (loaded.kind === "invalid") return loaded;
    try {
      this.#current = this.#derive(keepFixed(loaded.config, this.#started));
    } catch (thrown) {
      if (thrown instanceof UsageError) return { kind: "invalid", problems: [asError(thrown).message] };
      throw thrown;
    }
    return { kind: "reloaded", restartNeeded: changedFixedKeys(loaded.config, this.#started) };
  }

  #derive(config: SidecarConfig): Derived {
    requireAuthentication(config, this.#options.hasWebConfig);
    return {
      config,
      windows: new CronWindows(config.remediation.maintenanceWindows, config.timezone),
      services: createPoolServices(config, { pausePolicy: this.pausePolicy }),
      remediation: remediationSettingsOf(config),
    };
  }
}

interface Derived {
  readonly config: SidecarConfig;
  readonly services: PoolServices;
  readonly remediation: RemediationSettings;
  readonly windows: CronWindows;
}

function remediationSettingsOf(config: SidecarConfig): RemediationSettings {
  const { remediation, recovery } = config;
  return {
    isEnabled: remediation.enabled,
    mode: unattendedMode(config),
    policies: createRemediationPolicies(config),
    queueSize: remediation.queueSize,
    concurrency: recovery.concurrency,
    approvalTimeoutSeconds: remediation.approvalTimeoutSeconds,
    lockTimeoutSeconds: recovery.lockTimeoutSeconds,
    instance: remediation.instance,
  };
}

function requireAuthentication({ remediation }: SidecarConfig, hasWebConfig: boolean): void {
  requireUsableTokens(remediation.auth);
  if (!remediation.enabled || takesAlertsByToken(remediation.auth) || hasWebConfig) return;
  throw new UsageError(
    "REMEDIATION_UNAUTHENTICATED",
    "remediation is enabled without authentication: set remediation.auth.credentials or .bearer_token_file, or users in --web.config.file",
  );
}

/** An unusable token would keep out every alert without a message. @throws UsageError `TOKEN_FILE_UNUSABLE` */
export function requireUsableTokens(auth: AuthSettings): void {
  const [problem] = findTokenProblems(auth);
  if (problem !== undefined) throw new UsageError("TOKEN_FILE_UNUSABLE", problem);
}

/** Keys of the file that only a restart brings into force, and what they hold. */
const fixedSettings: readonly (readonly [key: string, read: (config: SidecarConfig) => unknown])[] = [
  ["workspaces_dir", (config) => config.workspacesDir],
  ["state_dir", (config) => config.stateDir],
  ["timezone", (config) => config.timezone],
  ["collector", (config) => config.collector],
  ["queue", (config) => config.queue],
  ["metrics", (config) => config.metrics],
  ["remediation.auth", (config) => config.remediation.auth],
];

function changedFixedKeys(wanted: SidecarConfig, started: SidecarConfig): string[] {
  return fixedSettings
    .filter(([, read]) => JSON.stringify(read(wanted)) !== JSON.stringify(read(started)))
    .map(([key]) => key);
}

function keepFixed(wanted: SidecarConfig, started: SidecarConfig): SidecarConfig {
  const { workspacesDir, stateDir, timezone, collector, queue, metrics } = started;
  const remediation = { ...wanted.remediation, auth: started.remediation.auth };
  return { ...wanted, workspacesDir, stateDir, timezone, collector, queue, metrics, remediation };
}
