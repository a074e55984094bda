import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { createRemediationPolicies } from "../../src/serve/config/remediation-policies.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import { effectiveMode, remediationModes, selectPolicy } from "../../src/remediation/policy.ts";

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

test("as documented, a global mode other than live outranks a policy's", () => {
  for (const mode of remediationModes) {
    expect(effectiveMode("live", mode)).toBe(mode);
    expect(effectiveMode("dry_run", mode)).toBe("dry_run");
  }
});
