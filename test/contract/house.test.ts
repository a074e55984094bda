import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

const project = fileURLToPath(new URL("../..", import.meta.url));

test("the folder rules were checked on every source file, and hold", () => {
  const files = readdirSync(`${project}src`, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(".ts"),
  );
  const depcruise = `${project}node_modules/dependency-cruiser/bin/dependency-cruise.mjs`;
  const args = [depcruise, "--config", ".dependency-cruiser.js", "--output-type", "json", "src"];
  const cruised = spawnSync(process.execPath, args, {
    cwd: project,
    encoding: "utf8",
    maxBuffer: 64 * 1024 * 1024,
  });
  const result: unknown = JSON.parse(cruised.stdout);
  expect(result).toHaveProperty("summary.violations", []);
  const { modules } = result as { modules: { source: string }[] };
  expect(modules.filter(({ source }) => source.startsWith("src/")).length).toBe(files.length);
});
