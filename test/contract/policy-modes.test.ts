import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRemediationPolicies } from "../../src/serve/config/remediation-policies.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { remediationModes, selectPolicy, stricterMode } from "../../src/remediation/alerts/policy.ts";

const directory = mkdtempSync(join(tmpdir(), "repo-pool-sidecar-modes-"));
afterAll(() => {
  rmSync(directory, { recursive: true });
});

async function readDocumentedPolicies() {
  const page = readFileSync("docs/remediation.md", "utf8");
  const example = /^```yaml\n(.*?)^```$/ms.exec(page)?.[1] ?? "";
  const configFile = join(directory, "sidecar.yaml");
  writeFileSync(configFile, example);
  const loaded = await loadConfig({ flags: { configFile }, env: {}, homeDirectory: directory });
  if (loaded.kind === "invalid") throw new Error(loaded.problems.join("\n"));
  return createRemediationPolicies(loaded.config);
}

test("the documented example has a policy in every mode, and each pool's alert meets its own", async () => {
  const policies = await readDocumentedPolicies();
  const modeOf = (pool: string) =>
    selectPolicy(
      policies,
      new Map([
        ["alertname", "RepoPoolSlotCorrupted"],
        ["pool", pool],
      ]),
    )?.mode;
  expect(["scratch", "new", "precious", "demo"].map(modeOf)).toEqual([...remediationModes]);
});

test("as documented, the stricter of the global mode and a policy's holds", () => {
  remediationModes.forEach((policyMode, index) => {
    expect(stricterMode("live", policyMode)).toBe(policyMode);
    remediationModes.forEach((mode, other) => {
      expect(stricterMode(mode, policyMode)).toBe(remediationModes[Math.min(index, other)]);
    });
  });
});
