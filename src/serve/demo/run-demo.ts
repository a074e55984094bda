import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../config/load-config.ts";
import { systemClock } from "../../platform/clock.ts";
import { CodedError } from "../../platform/coded-error.ts";
import { silentLogger } from "../../platform/logger.ts";
import type { SidecarOptions } from "../serve-options.ts";
import { startSidecar, type RunningSidecar } from "../sidecar.ts";
import { buildDemoPools, type DemoPools } from "./build-demo-pools.ts";
import { showDemo, type Audience } from "./show-demo.ts";

export interface DemoOptions extends Audience {
  readonly program: Pick<SidecarOptions, "version" | "revision" | "runbooksDir" | "invocation">;
  readonly listenAddress: string | undefined;
  /** True if recoveries wait, so that what the alerts lead to can be looked at before it is done. */
  readonly isStepwise: boolean;
  /** After all is shown. Serving ends when this resolves. */
  readonly untilEnd: () => Promise<unknown>;
}

/** The main job on pools of its own, in a temporary directory that is gone afterwards. */
export async function runDemo({ program, isStepwise, listenAddress, ...demo }: DemoOptions): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-demo-"));
  try {
    demo.print("Building a pool of clones, a pool of worktrees and an agent's work tree, and damaging them.");
    const pools = await buildDemoPools(root, systemClock.now());
    const token = randomBytes(24).toString("hex");
    writeFileSync(join(root, "token"), token, { mode: 0o600 });
    const configFile = writeConfiguration({ root, ...pools, isStepwise });
    const load = () => loadConfig({ flags: { configFile }, env: {}, homeDirectory: root });
    const loaded = await load();
    if (loaded.kind === "invalid") throw new Error(loaded.problems.join("\n"));
    const options = {
      ...program,
      config: loaded.config,
      configFile,
      loadConfig: load,
      logger: silentLogger,
      telemetryPath: "/metrics",
      externalUrl: undefined,
      webConfigFile: undefined,
    };
    const sidecar = await startOnFreePort(options, listenAddress);
    try {
      const address = sidecar.addresses[0] ?? "";
      const command = (words: string): string => `${program.invocation} ${words} --config.file ${configFile}`;
      if (await showDemo({ ...demo, ...pools, base: `http://${address}`, token, root, command }))
        await demo.untilEnd();
    } finally {
      await sidecar.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

interface DemoPlace extends DemoPools {
  readonly root: string;
  readonly isStepwise: boolean;
}

/** As a person writes one, so that what the page says to type works beside it. @returns its path */
function writeConfiguration({ root, workspacesDir, repository, isStepwise }: DemoPlace): string {
  const file = join(root, "sidecar.yaml");
  writeFileSync(
    file,
    `workspaces_dir: ${workspacesDir}
sources:
  - { name: workspaces, kind: managed }
  - { name: agents, kind: worktrees, preset: claude-code, repositories: [${repository}], allow: [reclaim] }
collector: { schedule: "*/2 * * * * *" }
recovery: { mode: ${isStepwise ? "approve" : "live"} }
remediation: { enabled: true, auth: { bearer_token_file: token } }
`,
  );
  return file;
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
