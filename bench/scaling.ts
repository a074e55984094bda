// `npm run bench -- scaling`: the figures of docs/scaling.md. How many series and bytes a scrape has for a number of
// slots, what many hosts are to one Prometheus, and what the recovery of a slot takes from the network (through a git
// daemon, counted on its way) and the disk.
import { execFile, spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { connect, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { z } from "zod";
import type { Snapshot } from "../src/anomalies/snapshot.ts";
import { Metrics } from "../src/metrics/metrics.ts";
import { formatPoolTime, systemTimeZone } from "../src/pool/records/local-time.ts";
import { aCorruptedSlot, aPool, aSlot, aSnapshot, snapshotTime } from "../test/kit/a-snapshot.ts";
import { freePort } from "../test/kit/free-port.ts";
import { git, RealPool } from "../test/kit/real-pool.ts";
import { until } from "../test/kit/until.ts";

const slotCounts = [10, 200, 1000, 5000];
const slotsPerPool = 50;
const fileCount = 2000;
const commitCount = 100;
const slotCount = 3;

const hostCount = 200;
const slotsOfHost = 50;
const scrapeSeconds = 15;
const scrapesToTake = 6;
const bytesPerMegabyte = 1e6;
const program = fileURLToPath(new URL("../dist/main.js", import.meta.url));
const run = promisify(execFile);
const recoverReport = z.object({ actions: z.array(z.object({ action: z.string(), outcome: z.string() })) });

async function measureScrapes(): Promise<void> {
  console.log(`a scrape, pools of ${slotsPerPool} slots, half of them allocated, one in 50 corrupted`);
  for (const count of slotCounts) {
    for (const perSlot of [true, false]) {
      const body = await render(count, perSlot);
      const series =
        Buffer.from(body)
          .toString()
          .match(/^[^#\n]/gm)?.length ?? 0;
      console.log(
        `  ${count} slots, per_slot ${perSlot}: ${series} series, ${kilobytes(body)} kB, compressed ${kilobytes(gzipSync(body))} kB`,
      );
    }
  }
}

async function render(count: number, perSlot: boolean): Promise<Uint8Array> {
  const metrics = new Metrics({
    version: "0.0.0",
    collectionIntervalSeconds: 30,
    perSlot,
    maxSlotSeries: 1000,
  });
  metrics.update(aSnapshotOf(count));
  await metrics.settled();
  return (await metrics.render({})).body;
}

function kilobytes(body: Uint8Array): string {
  return (body.length / 1000).toFixed(0);
}

function aSnapshotOf(count: number): Snapshot {
  const names = Array.from({ length: Math.ceil(count / slotsPerPool) }, (_, index) => `pool${index + 1}`);
  const slots = names.flatMap((repoName, pool) =>
    Array.from({ length: Math.min(slotsPerPool, count - pool * slotsPerPool) }, (_, index) =>
      aSlot({
        repoName,
        slotId: `workspace-${repoName}-slot${index + 1}`,
        diskBytes: 1_048_576 + index,
        verifiedAt: { probe: snapshotTime, connectivity: snapshotTime, full: snapshotTime },
        ...(index % 2 === 0
          ? {}
          : { state: "allocated", allocatedAt: snapshotTime, lastActivityAt: snapshotTime }),
      }),
    ),
  );
  const corruptedSlots = slots
    .filter((_, index) => index % 50 === 0)
    .map(({ slotId, repoName }) => aCorruptedSlot({ slotId, repoName }));
  return aSnapshot({
    pools: names.map((repoName) =>
      aPool({ repoName, slots: slots.filter((slot) => slot.repoName === repoName) }),
    ),
    anomalies: { longAllocatedSlots: [], corruptedSlots, orphanedLocks: [] },
  });
}

/** What many hosts are to one Prometheus: each target is one and the same exposition under its own instance. */
async function measurePrometheus(): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "bench-scaling-"));
  const body = await render(slotsOfHost, true);
  const host = createHttpServer((_, response) => {
    response.setHeader("Content-Type", "text/plain; version=0.0.4");
    response.setHeader("Content-Encoding", "gzip");
    response.end(gzipSync(body));
  });
  const port = await freePort();
  host.listen(port, "127.0.0.1");
  const address = `127.0.0.1:${await freePort()}`;
  const config = {
    global: { scrape_interval: `${scrapeSeconds}s` },
    rule_files: [fileURLToPath(new URL("../alerts/*.yaml", import.meta.url))],
    scrape_configs: [
      {
        job_name: "repo-pool-sidecar",
        static_configs: [{ targets: Array.from({ length: hostCount }, (_, index) => `host${index}:10469`) }],
        relabel_configs: [
          { source_labels: ["__address__"], target_label: "instance" },
          { target_label: "__address__", replacement: `127.0.0.1:${port}` },
        ],
      },
    ],
  };
  writeFileSync(join(directory, "prometheus.yml"), JSON.stringify(config));
  const prometheus = spawn(
    "prometheus",
    [
      `--config.file=${join(directory, "prometheus.yml")}`,
      `--storage.tsdb.path=${directory}/data`,
      `--web.listen-address=${address}`,
    ],
    { stdio: "ignore" },
  );
  try {
    await sleep(scrapesToTake * scrapeSeconds * 1000);
    const own = await (await fetch(`http://${address}/metrics`)).text();
    const read = (name: string): number => Number(new RegExp(`^${name} (.+)$`, "m").exec(own)?.[1]);
    const seconds = scrapesToTake * scrapeSeconds;
    const processorShare = (100 * read("process_cpu_seconds_total")) / seconds;
    console.log(
      `\n${hostCount} hosts of ${slotsOfHost} slots, scraped every ${scrapeSeconds} s, with our rules: Prometheus has`,
      `${read("prometheus_tsdb_head_series")} series, ${(read("process_resident_memory_bytes") / bytesPerMegabyte).toFixed(0)} MB`,
      `and took ${processorShare.toFixed(0)} % of a core in its first ${seconds} s`,
    );
  } finally {
    const closed = once(prometheus, "close");
    prometheus.kill("SIGTERM");
    await closed;
    host.closeAllConnections();
    host.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

/** What a recovery takes: bytes that come from the remote, and bytes that the disk holds more than before. */
async function measureRecoveries(): Promise<void> {
  const pool = new RealPool(0);
  const remote = await CountedRemote.start(pool.root);
  try {
    fillOrigin(pool);
    git(pool.origin, "repack", "-adq");
    for (let number = 1; number <= slotCount; number++) await addSlot(pool, number, remote.url);
    writePoolRecord(pool, slotCount, remote.url);
    const objectsPath = join(pool.slotPath(1), ".git", "objects");
    console.log(
      `\na recovery; ${fileCount} files, ${commitCount} commits: a slot has ${await diskMegabytes(pool.slotPath(1))} MB,`,
      `of which objects ${await diskMegabytes(objectsPath)} MB`,
    );
    const remove = (...names: string[]) => {
      rmSync(join(pool.slotPath(1), ...names), { recursive: true });
    };
    remove(".git", "HEAD");
    await recover("HEAD is gone");
    remove(".git", "objects");
    await recover("the objects are gone, other slots are sound");
    remove(".git");
    await recover("the repository is gone, other slots are sound");
    for (let number = 2; number <= slotCount; number++)
      rmSync(dirname(pool.recordPath(number)), { recursive: true });
    writePoolRecord(pool, 1, remote.url);
    remove(".git", "objects");
    await recover("the objects are gone, there is no other slot");
    remove(".git");
    await recover("the repository is gone, there is no other slot");
  } finally {
    await remote.stop();
    pool.destroy();
  }

  async function recover(fault: string): Promise<void> {
    const megabytesBefore = await diskMegabytes(pool.workspacesDir);
    const bytesBefore = remote.byteCount;
    const { stdout } = await run(
      process.execPath,
      [program, "recover", pool.slotId(1), "--json", "--workspaces-dir", pool.workspacesDir],
      { env: { PATH: process.env["PATH"], HOME: pool.root } },
    );
    const { actions } = recoverReport.parse(JSON.parse(stdout));
    const taken = actions.map(({ action, outcome }) => `${action} ${outcome}`).join(", ");
    const received = (remote.byteCount - bytesBefore) / bytesPerMegabyte;
    const grown = (await diskMegabytes(pool.workspacesDir)) - megabytesBefore;
    console.log(
      `  ${fault}: ${received.toFixed(1)} MB from the network, ${grown.toFixed(1)} MB more on the disk (${taken})`,
    );
  }
}

/** A repository whose objects compress about as badly as code does: words of one of a thousand kinds. */
function fillOrigin(pool: RealPool): void {
  const seed = join(pool.root, "seed");
  for (let index = 0; index < fileCount; index++) {
    const directory = join(seed, `part${index % 40}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(join(directory, `file${index}.txt`), someText(4096));
  }
  git(seed, "add", ".");
  git(seed, "commit", "-q", "-m", "files");
  for (let commit = 1; commit < commitCount; commit++) {
    writeFileSync(join(seed, "part0", `file${(commit % 50) * 40}.txt`), someText(4096));
    git(seed, "commit", "-q", "-a", "-m", `change ${commit}`);
  }
  git(seed, "push", "-q", pool.origin, "main");
}

function someText(length: number): string {
  const words = [...randomBytes(length / 4)].map((byte, index) => `w${(byte * 7 + index) % 1000}`);
  return words.join(" ").slice(0, length);
}

async function addSlot(pool: RealPool, number: number, url: string): Promise<void> {
  await run("git", ["clone", "-q", url, pool.slotPath(number)]);
  const time = formatPoolTime(new Date(), systemTimeZone());
  pool.writeRecord(number, {
    slot_id: pool.slotId(number),
    repo_name: "demo",
    repo_url: url,
    slot_path: pool.slotPath(number),
    state: "available",
    metadata: {},
    created_at: time,
    updated_at: time,
  });
}

function writePoolRecord(pool: RealPool, numSlots: number, url: string): void {
  const time = formatPoolTime(new Date(), systemTimeZone());
  const record = { repo_name: "demo", repo_url: url, num_slots: numSlots, metadata: {} };
  writeFileSync(
    join(pool.directory, "pool.json"),
    JSON.stringify({ ...record, created_at: time, updated_at: time }),
  );
}

async function diskMegabytes(path: string): Promise<number> {
  const { stdout } = await run("du", ["-s", "--block-size=1", path]);
  return Number((Number(stdout.split("\t")[0]) / bytesPerMegabyte).toFixed(1));
}

/** A git daemon behind a door that counts what comes out of it. */
class CountedRemote {
  readonly url: string;
  byteCount = 0;
  readonly #daemon: ChildProcess;
  readonly #door: Server;

  private constructor(url: string, daemon: ChildProcess, daemonPort: number) {
    this.url = url;
    this.#daemon = daemon;
    this.#door = createServer((client) => {
      const behind = connect(daemonPort, "127.0.0.1");
      behind.on("data", (chunk) => (this.byteCount += chunk.length));
      client.on("error", () => behind.destroy());
      behind.on("error", () => client.destroy());
      client.pipe(behind).pipe(client);
    });
  }

  static async start(root: string): Promise<CountedRemote> {
    const [daemonPort, port] = [await freePort(), await freePort()];
    const options = ["--export-all", `--base-path=${root}`, "--listen=127.0.0.1", `--port=${daemonPort}`];
    const daemon = spawn("git", ["daemon", ...options, root], { stdio: "ignore", detached: true });
    const remote = new CountedRemote(`git://127.0.0.1:${port}/origin.git`, daemon, daemonPort);
    remote.#door.listen(port, "127.0.0.1");
    await once(remote.#door, "listening");
    await until("the git daemon", () =>
      run("git", ["ls-remote", remote.url]).then(
        () => true,
        () => undefined,
      ),
    );
    return remote;
  }

  async stop(): Promise<void> {
    this.#door.close();
    const closed = once(this.#daemon, "close");
    process.kill(-this.#daemon.pid!, "SIGTERM");
    await closed;
  }
}

await measureScrapes();
await measurePrometheus();
await measureRecoveries();
