// A program of its own, since it runs as a user who may not read everything: `observe-situations.ts PLACES.json`.
// It serves every place, says `seen`, and after the next line of input looks at each in every way and prints it.
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { loadConfig } from "../../src/config/load-config.ts";
import { runCommand } from "../../src/commands/commands.ts";
import { asError } from "../../src/platform/coded-error.ts";
import { silentLogger } from "../../src/platform/logger.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { startSidecar, type RunningSidecar } from "../../src/serve/sidecar.ts";

export interface ObservedPlace {
  readonly root: string;
  readonly workspacesDir: string;
  /** The program starts again before it looks. */
  readonly isRestarted: boolean;
}

export interface Ended {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Observation {
  readonly root: string;
  readonly serve: {
    /** Of `/-/ready`; undefined if it did not start. */
    readonly readyStatus: number | undefined;
    readonly ready: string;
    readonly status: string;
    readonly anomalies: string;
    /** Before and after another collection has ended. */
    readonly metrics: readonly [string, string];
  };
  readonly check: Ended;
  readonly library: string;
  readonly dryRun: Ended;
  readonly recover: Ended;
}

type Served = { readonly sidecar: RunningSidecar } | { readonly failure: string };

async function configOf({ root, workspacesDir }: ObservedPlace) {
  const loaded = await loadConfig({ flags: { workspacesDir }, env: {}, homeDirectory: root });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("; "));
  return { ...loaded.config, collector: { ...loaded.config.collector, schedule: "* * * * * *" } };
}

async function serve(place: ObservedPlace): Promise<Served> {
  try {
    const config = await configOf(place);
    const sidecar = await startSidecar({
      config,
      loadConfig: () => Promise.resolve({ kind: "valid", config }),
      ...{ version: "0", revision: "0", runbooksDir: place.root, logger: silentLogger, invocation: "" },
      ...{ listenAddresses: ["127.0.0.1:0"], telemetryPath: "/metrics" },
      ...{ externalUrl: undefined, webConfigFile: undefined },
    });
    return { sidecar };
  } catch (thrown) {
    return { failure: asError(thrown).message };
  }
}

async function get({ addresses }: RunningSidecar, path: string): Promise<[number, string]> {
  const response = await fetch(`http://${addresses[0] ?? ""}${path}`);
  return [response.status, await response.text()];
}

/** The metrics once that many more collections have begun: all but the last of them have ended. */
async function metricsAfter(sidecar: RunningSidecar, moreCollections: number): Promise<string> {
  let wanted: number | undefined;
  for (;;) {
    const [, text] = await get(sidecar, "/metrics");
    const count = Number(/^repo_pool_collections_total (\d+)$/m.exec(text)?.[1]);
    wanted ??= count + moreCollections;
    if (count >= wanted) return text;
    await sleep(100);
  }
}

async function observeServe(served: Served): Promise<Observation["serve"]> {
  if ("failure" in served)
    return { readyStatus: undefined, ready: served.failure, status: "", anomalies: "", metrics: ["", ""] };
  const { sidecar } = served;
  // Two more, so that one has certainly ended in between: a time of success that stands still is an alert.
  const metrics = [await metricsAfter(sidecar, 2), await metricsAfter(sidecar, 2)] as const;
  const [readyStatus, ready] = await get(sidecar, "/-/ready");
  const [, status] = await get(sidecar, "/api/v1/status");
  const [, anomalies] = await get(sidecar, "/api/v1/anomalies");
  await sidecar.stop();
  return { readyStatus, ready, status, anomalies, metrics };
}

async function run({ root, workspacesDir }: ObservedPlace, ...args: string[]): Promise<Ended> {
  const [out, err]: [string[], string[]] = [[], []];
  const terminal = { isInteractive: false, hasColours: false, columns: undefined };
  const exitCode = await runCommand([...args, "--json", "--workspaces-dir", workspacesDir], {
    ...{ env: {}, homeDirectory: root, terminal, errorTerminal: terminal },
    program: {
      version: "0",
      revision: "0",
      nodeVersion: "0",
      platform: "linux",
      runbooksDir: root,
      invocation: "",
    },
    print: (text) => out.push(text),
    warn: (text) => err.push(text),
  });
  return { exitCode, stdout: out.join("\n"), stderr: err.join("\n") };
}

async function askLibrary(place: ObservedPlace): Promise<string> {
  try {
    return String(await new PoolManager({ config: await configOf(place) }).healthCheck());
  } catch (thrown) {
    return `rejects: ${asError(thrown).message}`;
  }
}

process.setMaxListeners(0);
const places = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8")) as ObservedPlace[];
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
console.log("started");
await lines.next();
let served = await Promise.all(places.map(serve));
await Promise.all(served.flatMap((one) => ("sidecar" in one ? [metricsAfter(one.sidecar, 2)] : [])));
for (const [index, one] of served.entries())
  if (places[index]?.isRestarted === true && "sidecar" in one) await one.sidecar.stop();
console.log("seen");
await lines.next();
served = await Promise.all(
  places.map(async (place, index) => (place.isRestarted ? serve(place) : served[index]!)),
);
const seen = await Promise.all(served.map(observeServe));
const observations = await Promise.all(
  places.map(async (place, index): Promise<Observation> => ({
    ...{ root: place.root, serve: seen[index]! },
    check: await run(place, "check"),
    library: await askLibrary(place),
    dryRun: await run(place, "recover", "--dry-run"),
    recover: await run(place, "recover"),
  })),
);
process.stdout.write(`${JSON.stringify(observations)}\n`, () => process.exit(0));
