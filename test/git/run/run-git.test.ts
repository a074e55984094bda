import { describe, expect, test } from "vitest";
import { describeGitFailure, type GitCommand } from "../../../src/git/run/git-command.ts";
import { gitArguments, gitEnvironment, gitProcessOptions } from "../../../src/git/run/git-invocation.ts";
import { isShort } from "../../../src/git/run/run-git.ts";
import { byEntry, byLine } from "../../../src/git/run/split-output.ts";

const command: GitCommand = { args: ["rev-parse", "HEAD"], timeoutSeconds: 1 };

describe("which way a command takes", () => {
  test.each([
    ["a short command", command, true],
    ["a short command with an empty input", { ...command, input: "" }, true],
    ["a short command with an input", { ...command, input: "x" }, false],
    ["a short command whose output is read as it comes", { ...command, onOutput: () => undefined }, false],
    ["a short command that is fed", { ...command, feed: () => Promise.resolve() }, false],
    ["a clone", { ...command, args: ["clone"] }, false],
    ["a fetch", { ...command, args: ["fetch"] }, false],
    ["a check of all objects", { ...command, args: ["fsck"] }, false],
    ["nothing", { ...command, args: [] }, false],
  ])("%s", (_, given, expected) => {
    expect(isShort(given)).toBe(expected);
  });
});

test("the settings of every command come before the caller's, and the repository before the subcommand", () => {
  const given = { ...command, settings: ["core.bare=false"], gitDirectory: "/g", workTree: "/w" };
  const line = gitArguments(given);
  expect(line.slice(0, 3)).toEqual(["--no-pager", "-c", "core.hooksPath=/dev/null"]);
  expect(line.slice(-6)).toEqual([
    "-c",
    "core.bare=false",
    "--git-dir=/g",
    "--work-tree=/w",
    "rev-parse",
    "HEAD",
  ]);
});

test("a command that reads the user's settings runs no hook that these name", () => {
  const line = gitArguments({ ...command, trusts: "network" });
  for (const event of ["post-checkout", "post-index-change", "reference-transaction"])
    expect(line).toContain(`hook.${event}.enabled=false`);
  expect(gitArguments(command).join(" ")).not.toContain("hook.");
});

test("a command may speak no protocol that it does not name", () => {
  expect(gitEnvironment(command, undefined)["GIT_ALLOW_PROTOCOL"]).toBe("");
  const network = gitEnvironment({ ...command, allowedProtocols: ["https", "ssh"] }, undefined);
  expect(network["GIT_ALLOW_PROTOCOL"]).toBe("https:ssh");
});

test("a command of a recovery step carries the run's id and inherits its locks", () => {
  const scope = { inheritedDescriptors: [7, 9], recoveryId: "a-run" };
  expect(gitEnvironment(command, scope)).toHaveProperty("REPO_POOL_SIDECAR_RECOVERY_ID", "a-run");
  expect(gitProcessOptions(command, scope, "ignore").stdio).toEqual(["ignore", "pipe", "pipe", 7, 9]);
  // It writes into no slot, and may wait for its remote long after the program was killed.
  const network = { ...command, trusts: "network" as const };
  expect(gitProcessOptions(network, scope, "ignore").stdio).toEqual(["ignore", "pipe", "pipe"]);
});

test("output that was cut is said to be a failure", () => {
  const cut = { kind: "output_limit" as const, stdout: "x", stderr: "" };
  expect(describeGitFailure(cut)).toBe("git printed more than can be kept");
});

test.each([
  ["lines", byLine, "one\ntw", "o\nthree"],
  ["entries", byEntry, "one\0tw", "o\0three"],
])("output is cut into %s wherever its chunks end; one without an end is left out", (_, split, ...chunks) => {
  const parts: string[] = [];
  const read = split((part) => parts.push(part));
  for (const chunk of chunks) read(Buffer.from(chunk));
  expect(parts).toEqual(["one", "two"]);
});
