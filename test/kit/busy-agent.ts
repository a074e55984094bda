import { execFileSync, spawn } from "node:child_process";
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
  marker="MARK-agent-$(echo $i | tr 0-9 a-j)"
  echo "$marker" > "agent-$i.txt" && echo "$marker" >> "$1/written"
  [ "$(git rev-parse --path-format=absolute --git-common-dir)" = "$2" ] || { sleep 0.05; continue; }
  git add "agent-$i.txt"
  case $((i % 5)) in
    1) git commit -q -m "edit $i" ;;
    2) git commit -q --amend --no-edit ;;
    3) git repack -adkq ;;
    4) lock="$(git rev-parse --git-path index.lock)" && (set -C; : > "$lock") && sleep 0.05 && rm "$lock" ;;
  esac
  sleep 0.02
done
`;

const graceMilliseconds = 3_000;

export interface BusyAgent {
  /** @returns the markers of what it has written. */
  stop(): Promise<string[]>;
}

function hasEnded(group: number): boolean {
  try {
    return !process.kill(group, 0);
  } catch {
    return true;
  }
}

/** Works in the slot until it is stopped; undefined if there is no directory of its own to work in. */
export async function startBusyAgent({
  pool,
  path,
  commonDirectory,
}: SlotPlace): Promise<BusyAgent | undefined> {
  if (!existsSync(path) || realpathSync(path) !== path) return undefined;
  const [stop, written] = [join(pool.root, "stop"), join(pool.root, "written")];
  writeFileSync(written, "");
  const args = ["-c", work, "agent", pool.root, commonDirectory];
  const child = spawn("bash", args, { cwd: path, stdio: "ignore", detached: true });
  const ended = once(child, "exit");
  const read = (): string[] => readFileSync(written, "utf8").split("\n").slice(0, -1);
  await until("the agent's first edit", () => read().length > 0 || child.exitCode !== null || undefined);
  return {
    async stop() {
      writeFileSync(stop, "");
      // Git may wait for a FIFO.
      await Promise.race([ended, sleep(graceMilliseconds)]);
      if (child.pid !== undefined && child.exitCode === null) {
        const group = -child.pid;
        process.kill(group, "SIGKILL");
        // One that is still ending could take a lock yet; not every host reaps it.
        await until("the end", () => hasEnded(group) || undefined, 5).catch(() => undefined);
        // They would be stale after a quarter of an hour.
        execFileSync("find", [commonDirectory, "-name", "*.lock", "-mmin", "-5", "-delete"]);
      }
      await ended;
      return read();
    },
  };
}
