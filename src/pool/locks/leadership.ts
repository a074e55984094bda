import * as fs from "node:fs";
import { join } from "node:path";
import { lock as takeLock } from "proper-lockfile";
import { formatJson, writeFileAtomic } from "../../platform/atomic-file.ts";
import type { Clock } from "../../platform/clock.ts";
import { asError, systemErrorCode } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import {
  formatProcessIdentity,
  identifyProcess,
  judgeProcess,
  readProcessIdentity,
} from "../../platform/process-identity.ts";
import { readRegularFile } from "../../platform/regular-file.ts";
import { tryAcquireSlotLock as tryFlockFile } from "./slot-lock.ts";
import { makeStateDirectory } from "../../platform/state-directory.ts";

/** Only if the leader cannot be judged by its process (another host, another PID namespace) is its silence waited for. */
const staleMilliseconds = 30_000;
const updateMilliseconds = 5_000;
const pollMilliseconds = 1_000;

/**
 * Which of several `serve` on one state directory may run recoveries that no person started. One leads; the others
 * watch, say so, and one of them takes over within seconds of the leader's death. Losing it never throws: `isLeader`
 * is asked before each action.
 */
export class Leadership {
  readonly #stateDir: string;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #stopping = new AbortController();
  #release: (() => Promise<void>) | undefined;
  #watching: Promise<void> = Promise.resolve();
  #saidLeader: number | "none" | undefined;

  constructor(options: { stateDir: string; clock: Clock; logger: Logger }) {
    this.#stateDir = options.stateDir;
    this.#clock = options.clock;
    this.#logger = options.logger;
  }

  /** Resolves after the first attempt; what it came to is logged. */
  async start(): Promise<void> {
    await this.#attempt();
    this.#watching = this.#watch();
  }

  isLeader(): boolean {
    return this.#release !== undefined;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    const release = this.#release;
    this.#release = undefined;
    try {
      await release?.();
    } catch (error) {
      this.#logger.warn({ err: asError(error).message }, "leader.release_failed");
    }
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        await this.#clock.sleep(pollMilliseconds, signal);
      } catch {
        // Stopped while it slept.
        return;
      }
      if (!this.isLeader()) await this.#attempt();
    }
  }

  async #attempt(): Promise<void> {
    try {
      makeStateDirectory(this.#stateDir);
      const turn = tryFlockFile(join(this.#stateDir, "leader.flock"));
      // Somebody else is taking the lead at this moment.
      if (turn.kind === "busy") return;
      try {
        await this.#take();
      } finally {
        turn.release();
      }
    } catch (error) {
      this.#say("none", { err: asError(error).message });
    }
  }

  /** Only one process at a time is here, so that two that see a dead leader do not both remove its lock. */
  async #take(): Promise<void> {
    const directory = join(this.#stateDir, "leader.lock");
    // If that cannot be read, the leader is judged by its silence alone.
    const leader = readProcessIdentity(this.#leaderFile());
    if (leader !== undefined && judgeProcess(leader) === "dead")
      fs.rmSync(directory, { recursive: true, force: true });
    let isTaken = false;
    try {
      const release = await takeLock(this.#stateDir, {
        fs: removingOnlyIf(() => !isTaken || this.#isSigned()),
        lockfilePath: directory,
        stale: staleMilliseconds,
        update: updateMilliseconds,
        realpath: false,
        onCompromised: (error) => {
          this.#lose(error);
        },
      });
      await this.#sign(release);
      isTaken = true;
      this.#release = release;
      this.#say(process.pid, {});
    } catch (error) {
      if (systemErrorCode(error) !== "ELOCKED") throw error;
      this.#say(leader?.pid ?? 0, {});
    }
  }

  /** A lock that bears a dead leader's name would be removed, so one that cannot be signed is given back. */
  async #sign(release: () => Promise<void>): Promise<void> {
    const signature = ownSignature();
    try {
      if (signature === undefined) fs.rmSync(this.#leaderFile(), { force: true });
      else writeFileAtomic(this.#leaderFile(), signature, { mode: 0o600 });
    } catch (error) {
      await release();
      throw error;
    }
  }

  #isSigned(): boolean {
    const reading = readRegularFile(this.#leaderFile(), { maxBytes: 4096 });
    return (reading.kind === "content" ? reading.content.toString("utf8") : undefined) === ownSignature();
  }

  #lose(error: Error): void {
    this.#release = undefined;
    this.#saidLeader = undefined;
    this.#logger.error({ err: error.message }, "leader.lost");
  }

  /** Once for each change of who leads. */
  #say(leader: number | "none", fields: Record<string, unknown>): void {
    if (this.#saidLeader === leader) return;
    this.#saidLeader = leader;
    if (leader === process.pid) this.#logger.info({}, "leader.taken");
    else if (leader === "none") this.#logger.warn(fields, "leader.unavailable");
    else this.#logger.info({ leaderPid: leader }, "leader.watching");
  }

  #leaderFile(): string {
    return join(this.#stateDir, "leader.json");
  }
}

/** Undefined if the system does not tell processes apart. */
function ownSignature(): string | undefined {
  const self = identifyProcess(process.pid);
  return self === undefined ? undefined : formatJson(formatProcessIdentity(self));
}

/**
 * What proper-lockfile changes a lock through. It removes the directory without a look at whose it is, at a release and when
 * the process ends: another process may have taken it over while this one was stopped for longer than a lock may be old.
 */
function removingOnlyIf(mayRemove: () => boolean): typeof fs {
  const rmdir = (path: fs.PathLike, done: fs.NoParamCallback): void => {
    if (mayRemove()) fs.rmdir(path, done);
    else done(null);
  };
  const rmdirSync = (path: fs.PathLike): void => {
    if (mayRemove()) fs.rmdirSync(path);
  };
  return { ...fs, rmdir: rmdir as typeof fs.rmdir, rmdirSync };
}
