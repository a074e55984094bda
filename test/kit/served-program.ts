import { spawn, spawnSync, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export const programFile = fileURLToPath(new URL("../../dist/main.js", import.meta.url));

/** Where a pool of a test or of a bench is. */
export interface PoolPlace {
  readonly root: string;
  readonly workspacesDir: string;
}

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a subcommand of the built program over the pool until it ends. */
export function runProgram(
  pool: PoolPlace,
  args: readonly string[],
  env: Record<string, string> = {},
): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, [programFile, ...args], {
    encoding: "utf8",
    cwd: pool.root,
    env: { ...programEnvironment(pool), ...env },
  });
  return { status, stdout, stderr };
}

export function programEnvironment(pool: PoolPlace): Record<string, string | undefined> {
  return {
    PATH: process.env["PATH"],
    HOME: pool.root,
    REPO_POOL_SIDECAR_WORKSPACES_DIR: pool.workspacesDir,
  };
}

export interface ServeOptions {
  /** The main.js that runs; our own by default. */
  readonly program?: string;
  /** YAML. */
  readonly config?: string;
  readonly args?: readonly string[];
  readonly listenAddress?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** `serve` of the built program over a pool, on a port that the system chooses. */
export class ServedProgram {
  readonly #child: ChildProcess;
  readonly #exited: Promise<unknown>;
  /** Everything that it wrote, to both outputs. */
  output = "";
  address = "";

  private constructor(child: ChildProcess) {
    this.#child = child;
    this.#exited = once(child, "exit");
  }

  /** Resolves when it listens. */
  static async start(pool: PoolPlace, options: ServeOptions = {}): Promise<ServedProgram> {
    const file = join(pool.root, "sidecar.yaml");
    writeFileSync(file, options.config ?? "{}");
    const listen = ["--web.listen-address", options.listenAddress ?? "127.0.0.1:0"];
    const args = [options.program ?? programFile, "serve", "--config.file", file, ...listen];
    const child = spawn(process.execPath, [...args, "--log.format", "json", ...(options.args ?? [])], {
      cwd: pool.root,
      env: { ...programEnvironment(pool), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const served = new ServedProgram(child);
    await new Promise<void>((resolve, reject) => {
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding("utf8").on("data", (text: string) => {
          served.output += text;
          if (served.address !== "") return;
          const started = served.events("sidecar.started")[0];
          if (started === undefined) return;
          const [address] = started["addresses"] as string[];
          served.address = address ?? "";
          resolve();
        });
      child.once("exit", () => {
        reject(new Error(`serve ended before it listened:\n${served.output}`));
      });
    });
    return served;
  }

  /** The log lines of one event, so far. */
  events(name: string): Record<string, unknown>[] {
    return this.output.split("\n").flatMap((line) => {
      if (!line.includes(`"event":"${name}"`)) return [];
      return [JSON.parse(line) as Record<string, unknown>];
    });
  }

  async get(path: string, headers: Record<string, string> = {}): Promise<string> {
    const response = await fetch(`http://${this.address}${path}`, { headers });
    return response.text();
  }

  /** The value of a series, undefined if there is none. */
  async metric(series: string): Promise<number | undefined> {
    const line = (await this.get("/metrics")).split("\n").find((text) => text.startsWith(`${series} `));
    return line === undefined ? undefined : Number(line.slice(series.length + 1));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Ends it as the kernel would. */
  async kill(): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.#exited;
  }

  /** Ends it as an operator would. @returns its exit code */
  async stop(): Promise<number | null> {
    this.#child.kill("SIGTERM");
    await this.#exited;
    return this.#child.exitCode;
  }
}
