import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";

const directory = fileURLToPath(new URL(".", import.meta.url));
const files = readdirSync(directory).filter((name) => /^invalid-.*\.yaml$/.test(name));

/** The comments at the end of a file are its problems, word for word. */
function expectedProblems(file: string): string[] {
  return [...readFileSync(`${directory}${file}`, "utf8").matchAll(/^# (.*)$/gm)].map(([, text = ""]) => text);
}

test.each(files)("%s is refused with each of its problems, and what is expected there", async (file) => {
  const configFile = `${directory}${file}`;
  const loaded = await loadConfig({ flags: { configFile }, env: {}, homeDirectory: "/nowhere" });
  const problems = expectedProblems(file);
  expect(problems.length).toBeGreaterThan(0);
  expect(loaded).toEqual({
    kind: "invalid",
    problems: problems.map((problem) => `${configFile}: ${problem}`),
  });
});
