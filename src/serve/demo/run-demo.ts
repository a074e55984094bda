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

export interface DemoOptions {
  readonly version: string;
  readonly revision: string;
  readonly runbooksDir: string;
  readonly invocation: string;
  readonly listenAddress: string | undefined;
  /** Serving ends when this resolves. */
  readonly until: Promise<void>;
  readonly print: (text: string) => void;
}

const settleMilliseconds = 250;
const mostLooks = 240;

/** The main job on pools of its own, in a temporary directory that is gone afterwards. */
export async function runDemo(demo: DemoOptions): Promise<void> {
  const { version, revision, listenAddress, until, print } = demo;
  const root = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-demo-"));
  try {
    print("Building a pool of clones and a pool of worktrees, and damaging them.");
    const { workspacesDir } = buildDemoPools(root, systemClock.now());
    const token = randomBytes(24).toString("hex");
    const bearerTokenFile = join(root, "token");
    writeFileSync(bearerTokenFile, token, { mode: 0o600 });
    const defaults = createDefaultConfig(root);
    const config = {
      ...defaults,
      workspacesDir,
      stateDir: stateDirectoryOf(workspacesDir),
      collector: { schedule: "*/2 * * * * *" },
      remediation: {
        ...defaults.remediation,
        enabled: true,
        auth: { ...defaults.remediation.auth, bearerTokenFile },
      },
    };
    const options = {
      config,
      loadConfig: () => Promise.resolve({ kind: "valid", config } as const),
      version,
      revision,
      runbooksDir: demo.runbooksDir,
      invocation: demo.invocation,
      logger: silentLogger,
      telemetryPath: "/metrics",
      externalUrl: undefined,
      webConfigFile: undefined,
    };
    const sidecar = await startOnFreePort(options, listenAddress);
    try {
      await showRecovery(sidecar, { token, workspacesDir, print });
      await until;
    } finally {
      await sidecar.stop();
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
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

interface Show {
  readonly token: string;
  readonly workspacesDir: string;
  readonly print: (text: string) => void;
}

async function showRecovery(sidecar: RunningSidecar, { token, workspacesDir, print }: Show): Promise<void> {
  const address = sidecar.addresses[0] ?? "";
  const base = address.startsWith("http") ? address : `http://${address}`;
  print(`Serving ${workspacesDir}`);
  print(`  page     ${base}/`);
  print(`  metrics  ${base}/metrics`);
  await untilTrue(async () => (await fetch(`${base}/-/ready`)).ok);
  print(`\nWhat is wrong:\n${await readAnomalies(base)}`);
  print("\nPosting the alerts that Prometheus and Alertmanager would send.");
  const answer = await postAlerts(base, token);
  print(`  answered ${answer.status}`);
  await untilTrue(async () => !(await readAnomalies(base)).match(/corrupted_slot|orphaned_lock/));
  print(`\nWhat is left, because people release an allocated slot:\n${await readAnomalies(base)}`);
  print(`\nThe replaced files are in ${stateDirectoryOf(workspacesDir)}/quarantine`);
  print("Ctrl-C ends the demo and removes everything.");
}

async function readAnomalies(base: string): Promise<string> {
  const text = await (await fetch(`${base}/metrics`)).text();
  const lines = text.split("\n").filter((line) => line.startsWith("repo_pool_slot_anomaly{"));
  return lines.map((line) => `  ${line}`).join("\n");
}

function postAlerts(base: string, token: string): Promise<Response> {
  const alert = (alertname: string, slot: string, pool: string) => ({
    status: "firing",
    labels: { alertname, slot, pool, auto_recover: "true" },
    annotations: {},
    startsAt: systemClock.now().toISOString(),
    endsAt: "0001-01-01T00:00:00Z",
    generatorURL: "",
    fingerprint: randomBytes(8).toString("hex"),
  });
  const alerts = [
    alert("RepoPoolSlotCorrupted", "workspace-clones-slot2", "clones"),
    alert("RepoPoolSlotCorrupted", "workspace-worktrees-slot2", "worktrees"),
    alert("RepoPoolLockOrphaned", "workspace-clones-slot9", "clones"),
  ];
  const notification = {
    version: "4",
    groupKey: "demo",
    truncatedAlerts: 0,
    status: "firing",
    receiver: "repo-pool-sidecar",
  };
  const rest = { groupLabels: {}, commonLabels: {}, commonAnnotations: {}, externalURL: "" };
  return fetch(`${base}/api/v1/alerts`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
    body: JSON.stringify({ ...notification, ...rest, alerts }),
  });
}

async function untilTrue(isTrue: () => Promise<boolean>): Promise<void> {
  for (let look = 0; look < mostLooks; look++) {
    if (await isTrue()) return;
    await systemClock.sleep(settleMilliseconds);
  }
}
