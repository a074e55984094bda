import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { SlotPlace } from "./slot-place.ts";
import { until } from "./until.ts";

/**
 * Edits, stages, commits, amends, repacks and locks, one after the other and for as long as nobody stops it. Each edit is a
 * file with a marker of its own, which is noted once it is written. Nothing that an agent may not do is done: no object
 * is dropped, no lock is removed that it has not taken, and no git works in the repository of another slot.
 */
const work = `
i=0
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1
git() { command git -c user.name=agent -c user.email=agent@example.invalid "$@"; }
while [ ! -e "$1/stop" ]; do
  i=$((i + 1))
  marker="MARK-$3-$(echo $i | tr 0-9 a-j)"
  echo "$marker" > "$3-$i.txt" && echo "$marker" >> "$1/written"
  [ "$(git rev-parse --path-format=absolute --git-common-dir)" = "$2" ] || { sleep 0.05; continue; }
  git add "$3-$i.txt"
  case $((i % 5)) in
    1) git commit -q -m "edit $i" ;;
    2) git commit -q --amend --no-edit ;;
    3) git repack -adkq ;;
    4) lock="$(git rev-parse --git-path index.lock)" && (set -C; : > "$lock") && sleep 0.05 && rm "$lock" ;;
  esac
  sleep "$4"
done
`;

const graceMilliseconds = 3_000;

export interface BusyAgentSettings {
  /** Of its files and markers: small letters. */
  readonly name?: string;
  readonly pauseSeconds?: number;
}

export class BusyAgent {
  readonly #child: ChildProcess;
  readonly #ended: Promise<unknown>;
  /** Where it notes what it has written, and is told to stop. */
  readonly #notes: string;

  private constructor(child: ChildProcess, notes: string) {
    this.#child = child;
    this.#ended = once(child, "exit");
    this.#notes = notes;
  }

  /** Works in the slot until it is stopped; undefined if there is no directory of its own to work in. */
  static async start(
    { pool, path, commonDirectory }: SlotPlace,
    { name = "agent", pauseSeconds = 0.02 }: BusyAgentSettings = {},
  ): Promise<BusyAgent | undefined> {
    if (!existsSync(path) || realpathSync(path) !== path) return undefined;
    writeFileSync(join(pool.root, "written"), "");
    const args = ["-c", work, "agent", pool.root, commonDirectory, name, String(pauseSeconds)];
    const child = spawn("bash", args, { cwd: path, stdio: "ignore", detached: true });
    const agent = new BusyAgent(child, pool.root);
    const isAtWork = () => agent.markers().length > 0 || !agent.isRunning;
    await until("the agent's first edit", () => isAtWork() || undefined);
    return agent;
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Of what it has written. */
  markers(): string[] {
    return readFileSync(join(this.#notes, "written"), "utf8").split("\n").slice(0, -1);
  }

  /** Of it and its git. */
  signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined && this.isRunning) process.kill(-this.#child.pid, signal);
  }

  /** Ends it between two edits, or kills it if git waits: for a FIFO, say. @returns whether it ended by itself. */
  async stop(): Promise<boolean> {
    writeFileSync(join(this.#notes, "stop"), "");
    await Promise.race([this.#ended, sleep(graceMilliseconds)]);
    if (!this.isRunning) return true;
    await this.kill();
    return false;
  }

  async kill(): Promise<void> {
    const group = -(this.#child.pid ?? 0);
    this.signal("SIGKILL");
    await this.#ended;
    // One that is still ending could take a lock yet; not every host reaps it.
    if (group !== 0) await until("the end", () => hasEnded(group) || undefined, 5).catch(() => undefined);
  }
}

function hasEnded(group: number): boolean {
  try {
    return !process.kill(group, 0);
  } catch {
    return true;
  }
}

/** Takes away what a killed git left locked: it would be stale after a quarter of an hour. */
export function removeYoungLocks(directory: string): void {
  if (existsSync(directory)) execFileSync("find", [directory, "-name", "*.lock", "-mmin", "-5", "-delete"]);
}
