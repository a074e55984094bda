import { afterEach, beforeEach, expect, test } from "vitest";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runNetworkGit } from "../../../src/git/run/network-git.ts";

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-network-git-"));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

async function countAttempts(url: string) {
  let attempts = 0;
  const command = {
    args: ["ls-remote", url],
    cwd: directory,
    allowedProtocols: ["git", "file"],
    timeoutSeconds: 30,
  };
  const { kind } = await runNetworkGit(command, { beforeAttempt: () => attempts++ });
  return { kind, attempts };
}

test("a remote that cannot be reached is asked three times", async () => {
  // Nothing listens on port 1.
  expect(await countAttempts("git://127.0.0.1:1/demo.git")).toEqual({ kind: "failed", attempts: 3 });
});

test("an answer that would be the same again is asked for once", async () => {
  expect(await countAttempts(`file://${directory}/gone.git`)).toEqual({ kind: "failed", attempts: 1 });
});
