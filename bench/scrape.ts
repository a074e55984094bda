// `npm run bench -- scrape`: /metrics with 10 connections at three sizes, beside Python's prometheus_client serving the
// very same series (Debian: python3-prometheus-client), and how long rendering held the event loop.
import { fork, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import autocannon from "autocannon";
import { z } from "zod";
import { compareRounds, recordFigure } from "./figure.ts";

const sizes = [100, 2000, 20_000];
const encodings = ["identity", "gzip"] as const;
const connections = 10;
const durationSeconds = Number(process.env["BENCH_SECONDS"] ?? 4);
/** Ours and theirs take turns; the last one is told in full. */
const rounds = 3;
/** How often the snapshot is rendered anew while requests are answered: far more often than any collection. */
const renewMilliseconds = 1000;
const renewalsAtRest = 20;

/** What autocannon cannot tell from nothing. */
const shortestMilliseconds = 1;
const doubt = " BY LATENCIES THAT CANNOT BE TRUE: more requests in flight than connections";

interface Load {
  readonly requestsPerSecond: number;
  readonly p50Milliseconds: number;
  readonly p99Milliseconds: number;
  /** By Little's law (latencies are whole milliseconds): above the number of connections, the latencies are wrong. */
  readonly inFlight: number;
  readonly failures: number;
}

const portMessage = z.object({ port: z.number() });
const reportMessage = z.object({ longestDelayMilliseconds: z.number() });
const directory = mkdtempSync(join(tmpdir(), "bench-scrape-"));

try {
  console.log(
    `${connections} connections, ${durationSeconds} s each; our snapshot is rendered anew each second`,
  );
  for (const size of sizes) await compare(size);
} finally {
  rmSync(directory, { recursive: true, force: true });
}

async function compare(size: number): Promise<void> {
  const ours = fork(fileURLToPath(new URL("scrape-server.ts", import.meta.url)), [String(size)], {
    execArgv: ["--import", "tsx"],
  });
  const [message] = (await once(ours, "message")) as unknown[];
  const ourUrl = `http://127.0.0.1:${portMessage.parse(message).port}/metrics`;
  const text = await (await fetch(ourUrl)).text();
  const python = await startPython(text);
  try {
    const series = text.match(/^[^#\n]/gm)?.length ?? 0;
    console.log(`\n${size} series wanted, ${series} served, ${text.length} bytes`);
    console.log(
      `  event loop held at most ${format(await measureRendering(ours))} ms while rendering at rest`,
    );
    for (const encoding of encodings) {
      const loads = [];
      for (let round = 0; round < rounds; round++)
        loads.push({
          our: await measureOurs(ours, ourUrl, encoding),
          their: await measure(python.url, encoding),
        });
      const compared = compareRounds(
        loads.map(({ our: [load] }) => millisecondsPerScrape(load)),
        loads.map(({ their }) => millisecondsPerScrape(their)),
      );
      const what = `a scrape of ${series} series, ${encoding}`;
      recordFigure({ what, rival: "Python's prometheus_client", unit: "ms", ...compared });
      const [
        {
          our: [our, longestDelay],
          their,
        },
      ] = loads.slice(-1) as [(typeof loads)[number]];
      console.log(
        describe(`sidecar, ${encoding}`, our),
        `event loop held at most ${format(longestDelay)} ms`,
      );
      console.log(describe(`prometheus_client, ${encoding}`, their));
      const times = their.p99Milliseconds / Math.max(our.p99Milliseconds, shortestMilliseconds);
      console.log(`  p99 ${format(times)} times lower${[our, their].every(isBelievable) ? "" : doubt}`);
    }
  } finally {
    await Promise.all([stop(ours), stop(python.child)]);
  }
}

async function startPython(text: string): Promise<{ child: ChildProcess; url: string }> {
  const file = join(directory, "metrics.txt");
  writeFileSync(file, text);
  const script = fileURLToPath(new URL("scrape-server.py", import.meta.url));
  const child = spawn("/usr/bin/python3", [script, file], { stdio: ["ignore", "pipe", "inherit"] });
  const said = once(child.stdout, "data").then(([line]: unknown[]) => String(line));
  const port = Number(await Promise.race([said, once(child, "exit").then(() => "")]));
  if (!(port > 0))
    throw new Error("bench/scrape-server.py did not start: is python3-prometheus-client installed?");
  return { child, url: `http://127.0.0.1:${port}/metrics` };
}

async function measureRendering(ours: ChildProcess): Promise<number> {
  ours.send("reset");
  for (let renewal = 0; renewal < renewalsAtRest; renewal++) {
    ours.send("renew");
    await sleep(100);
  }
  return askLongestDelay(ours);
}

async function measureOurs(
  ours: ChildProcess,
  url: string,
  encoding: string,
): Promise<[load: Load, longestDelayMilliseconds: number]> {
  ours.send("reset");
  const timer = setInterval(() => ours.send("renew"), renewMilliseconds);
  const load = await measure(url, encoding);
  clearInterval(timer);
  return [load, await askLongestDelay(ours)];
}

async function askLongestDelay(ours: ChildProcess): Promise<number> {
  ours.send("report");
  const [message] = (await once(ours, "message")) as unknown[];
  return reportMessage.parse(message).longestDelayMilliseconds;
}

async function measure(url: string, encoding: string): Promise<Load> {
  const headers = { accept: "text/plain", "accept-encoding": encoding };
  const result = await autocannon({ url, connections, duration: durationSeconds, headers });
  const requestsPerSecond = result.requests.average;
  return {
    requestsPerSecond,
    p50Milliseconds: result.latency.p50,
    p99Milliseconds: result.latency.p99,
    inFlight: (requestsPerSecond * result.latency.mean) / 1000,
    failures: result.errors + result.timeouts + result.non2xx,
  };
}

/** What the server takes for one, however many wait. */
function millisecondsPerScrape({ requestsPerSecond }: Load): number {
  return 1000 / requestsPerSecond;
}

function isBelievable({ inFlight }: Load): boolean {
  return inFlight <= connections * 1.5;
}

function describe(name: string, load: Load): string {
  const { requestsPerSecond, p50Milliseconds, p99Milliseconds, inFlight, failures } = load;
  const times = `p50 ${format(p50Milliseconds)} ms, p99 ${format(p99Milliseconds)} ms`;
  return `  ${name}: ${times}, ${format(requestsPerSecond)} requests/s, ${format(inFlight)} in flight, ${failures} failed;`;
}

function format(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(1);
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}
