import { expect, test } from "vitest";
import { describeInvocation } from "../../src/commands/program/program-info.ts";

test.each([
  ["a clone", "/src/a b/dist/main.js", "node '/src/a b/dist/main.js'"],
  ["on the PATH", "/usr/local/bin/repo-pool-sidecar", "repo-pool-sidecar"],
  ["elsewhere", "/opt/x/bin/repo-pool-sidecar", "/opt/x/bin/repo-pool-sidecar"],
])("commands to copy start the program as it was started: %s", (_where, file, expected) => {
  expect(describeInvocation(file, "/usr/local/bin:/usr/bin")).toBe(expected);
});
