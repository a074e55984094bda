import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createDefaultConfig, stateDirectoryOf } from "../../config/default-config.ts";
import { systemClock } from "../../platform/clock.ts";
import { CodedError } from "../../platform/coded-error.ts";
import { silentLogger } from "../../platform/logger.ts";
import type { SidecarOptions } from "../serve-options.ts";
import { startSidecar, type RunningSidecar } from "../sidecar.ts";
import { buildDemoPools } from "./build-demo-pools.ts";
import { showDemo, type Audience } from "./show-demo.ts";

export interface DemoOptions extends Audience {
  readonly program: Pick<SidecarOptions, "version" | "revision" | "runbooksDir" | "invocation">;
  readonly listenAddress: string | undefined;
  /** True if recoveries wait, so that what the alerts lead to can be looked at before it is done. */
  readonly isStepwise: boolean;
  /** Serving ends when this resolves. */
  readonly until: Promise<unknown>;
}

/** The main job on pools of its own, in a temporary directory that is gone afterwards. */
export async function runDemo({ program, isStepwise, listenAddress, ...demo }: DemoOptions): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-demo-"));
  try {
    demo.print("Building a pool of clones and a pool of worktrees, and damaging them.");
    const { workspacesDir } = buildDemoPools(root, systemClock.now());
    const token = randomBytes(24).toString("hex");
    writeFileSync(join(root, "token"), token, { mode: 0o600 });
    const config = demoConfig({ root, workspacesDir, isStepwise });
    const options = {
      ...program,
      config,
      loadConfig: () => Promise.resolve({ kind: "valid", config } as const),
      logger: silentLogger,
      telemetryPath: "/metrics",
      externalUrl: undefined,
      webConfigFile: undefined,
    };
    const sidecar = await startOnFreePort(options, listenAddress);
    try {
      const address = sidecar.addresses[0] ?? "";
      if (await showDemo({ ...demo, base: `http://${address}`, token, root, workspacesDir }))
        await demo.until;
    } finally {
      await sidecar.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface DemoPlace {
  readonly root: string;
  readonly workspacesDir: string;
  readonly isStepwise: boolean;
}

function demoConfig({ root, workspacesDir, isStepwise }: DemoPlace): SidecarOptions["config"] {
  const defaults = createDefaultConfig(root);
  return {
    ...defaults,
    workspacesDir,
    stateDir: stateDirectoryOf(workspacesDir),
    collector: { schedule: "*/2 * * * * *" },
    recovery: { ...defaults.recovery, mode: isStepwise ? "approve" : "live" },
    remediation: {
      ...defaults.remediation,
      enabled: true,
      auth: { ...defaults.remediation.auth, bearerTokenFile: join(root, "token") },
    },
  };
}

/** The usual port, or another if somebody listens there and none was asked for. */
async function startOnFreePort(
  options: Omit<SidecarOptions, "listenAddresses">,
  listenAddress: string | undefined,
): Promise<RunningSidecar> {
  try {
    return await startSidecar({ ...options, listenAddresses: [listenAddress ?? "127.0.0.1:10469"] });
  } catch (error) {
    const isTaken = error instanceof CodedError && error.code === "LISTEN_FAILED";
    if (!isTaken || listenAddress !== undefined) throw error;
    return startSidecar({ ...options, listenAddresses: ["127.0.0.1:0"] });
  }
}
