import { spawn, type ChildProcess } from "node:child_process";
import { encodeBytes } from "../../platform/byte-text.ts";
import { asError } from "../../platform/coded-error.ts";
import type { GitCommand, GitResult } from "./git-command.ts";
import { gitArguments, gitEnvironment, gitProcessOptions } from "./git-invocation.ts";
import { superviseGit } from "./git-process.ts";
import { currentGitScope } from "./git-scope.ts";

/**
 * Starts git by itself: for what needs streams or input, and for what may take long. One attempt, not counted in the
 * metrics. @throws what `onOutput` throws.
 */
export async function startGit(command: GitCommand): Promise<GitResult> {
  const scope = currentGitScope();
  let child: ChildProcess;
  try {
    child = spawn("git", gitArguments(command), {
      ...gitProcessOptions(command, scope, "pipe"),
      env: gitEnvironment(command, scope),
    });
  } catch (cause) {
    return { kind: "unavailable", cause: asError(cause) };
  }
  const input = { isWhole: true };
  sendInput(child, command).catch(() => {
    input.isWhole = false;
  });
  const result = await superviseGit(child, command, scope);
  if (input.isWhole || result.kind !== "done") return result;
  // Git takes an input that breaks off for a whole one.
  return { ...result, kind: "failed", exitCode: 0, stderr: "error: git did not get its whole input" };
}

async function sendInput({ stdin }: ChildProcess, { feed, input }: GitCommand): Promise<void> {
  // Without free descriptors git could not be started: there is no pipe.
  if (!stdin) return;
  // A git that ends early tells why itself.
  stdin.on("error", () => undefined);
  try {
    await feed?.(stdin);
    stdin.end(encodeBytes(input ?? ""));
  } catch (error) {
    stdin.destroy();
    throw error;
  }
}
