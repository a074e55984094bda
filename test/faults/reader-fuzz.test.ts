import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseGitConfig } from "../../src/git/config/git-config.ts";
import { resolveRef } from "../../src/git/refs/refs.ts";
import { overwrite } from "../kit/damage.ts";
import { isGitContent } from "../kit/is-git-content.ts";
import { runsInFull, sampleSeed } from "../kit/sample.ts";
import { PoolTemplate } from "../kit/working-slot.ts";
import { uncachedReader } from "../../src/platform/slot-reader.ts";

let template: PoolTemplate;

beforeAll(() => {
  template = new PoolTemplate("clone", 2);
});

afterAll(() => {
  template.destroy();
});

describe("a configuration", () => {
  const pieces = fc.oneof(
    fc.constantFrom(
      "[core]\n",
      '[a "b"]\n',
      "[a.b]\n",
      "\tname = value\n",
      "flag\n",
      'x="q;#" y ;c\n',
      "k = a\\\n b\n",
      "[",
      "]",
      '"',
      "\\",
      "\n",
      "=",
      "#c\n",
      " ",
      "\t",
      "\r\n",
      "\0",
      "é",
      "1",
      "-",
    ),
    fc.string({ unit: "binary-ascii", maxLength: 6 }),
  );

  test("is valid or not as git has it, whatever is written in it", () => {
    const seed = sampleSeed("configurations");
    const file = join(template.pool.root, "config");
    const texts = fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(""));
    fc.assert(
      fc.property(texts, (text) => {
        writeFileSync(file, text);
        const isValid = isGitContent(template.pool.root, "config", "--file", file, "--list");
        expect({ text, isValid: parseGitConfig(Buffer.from(text)).kind === "valid" }).toEqual({
          text,
          isValid,
        });
      }),
      { seed, numRuns: runsInFull ? 3000 : 80, examples: [["[]"], ['[ "b"]']] },
    );
  });
});

const zeroes = "\0".repeat(41);

test.each([
  "ID\0",
  "ID\0more",
  "ID\n\0",
  "ID more",
  "IDmore",
  "LINK\0",
  "LINK\0more",
  "LINK\n\0",
  zeroes,
  "",
])("a ref of %j is valid or not as git has it", (pattern) => {
  template.reset();
  const directory = join(template.pool.slotPath(2), ".git");
  const id = execFileSync("git", ["rev-parse", "main"], { cwd: directory, encoding: "utf8" }).trim();
  overwrite(
    join(directory, "refs", "heads", "other"),
    Buffer.from(pattern.replace("ID", id).replace("LINK", "ref: refs/heads/main")),
  );
  const isValid = isGitContent(directory, "rev-parse", "--verify", "refs/heads/other^{commit}");
  expect(resolveRef(uncachedReader, directory, "refs/heads/other", new Map()).kind === "commit").toBe(
    isValid,
  );
});
