import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CorruptionReason } from "../../src/anomalies/corruption-reason.ts";
import { parseGitConfig } from "../../src/git/config/git-config.ts";
import { resolveRef } from "../../src/git/refs/refs.ts";
import { overwrite } from "../kit/damage.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
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

/** Whether a git command is content, apart from the settings of whoever runs the tests. */
function isContent(cwd: string, ...args: string[]): boolean {
  const env = {
    ...process.env,
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_CEILING_DIRECTORIES: cwd,
  };
  return spawnSync("git", args, { cwd, env, stdio: "ignore", timeout: 60_000 }).status === 0;
}

const gitVerdicts = [
  ["fsck", "--full"],
  ["status"],
  ["rev-parse", "--verify", "HEAD^{commit}"],
  ["for-each-ref"],
];

/** Damage that git itself goes on with, and that the next git command, or the next clean-up, makes worse. */
const gitIsBlindTo: readonly CorruptionReason[] = [
  "head_branch_missing",
  "ref_missing",
  "index_missing",
  "config_missing",
  "config_invalid",
  "config_unsafe",
  "remote_changed",
];

interface Mutation {
  /** Which file, and where in it, as fractions. */
  readonly file: number;
  readonly place: number;
  readonly kind: "flip" | "cut" | "zero" | "empty" | "remove" | "insert";
  readonly byte: number;
}

const mutations = fc.record<Mutation>({
  file: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  place: fc.double({ min: 0, max: 0.999_999, noNaN: true }),
  kind: fc.constantFrom("flip", "cut", "zero", "empty", "remove", "insert"),
  byte: fc.integer({ min: 1, max: 255 }),
});

/** The files of a repository that say something; git reads neither samples nor its own description. */
function repositoryFiles(directory: string): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .filter((name) => !/^hooks\/|^description$|^COMMIT_EDITMSG$|^branches/.test(name))
    .filter((name) => statSync(join(directory, name)).isFile())
    .sort();
}

function mutate(directory: string, { file, place, kind, byte }: Mutation): string {
  const names = repositoryFiles(directory);
  const name = names[Math.floor(file * names.length)] ?? "HEAD";
  const path = join(directory, name);
  const content = readFileSync(path);
  const at = Math.floor(place * content.length);
  if (kind === "remove") rmSync(path, { force: true });
  else overwrite(path, changed(content, { at, kind, byte }));
  return `${kind} ${name} at ${at} of ${content.length}`;
}

function changed(
  content: Buffer,
  { at, kind, byte }: { at: number } & Pick<Mutation, "kind" | "byte">,
): Buffer {
  switch (kind) {
    case "flip":
      return Buffer.concat([
        content.subarray(0, at),
        Buffer.from([(content[at] ?? 0) ^ byte]),
        content.subarray(at + 1),
      ]);
    case "insert":
      return Buffer.concat([content.subarray(0, at), Buffer.from([byte]), content.subarray(at)]);
    case "cut":
      return content.subarray(0, at);
    case "zero":
      return Buffer.concat([content.subarray(0, at), Buffer.alloc(content.length - at)]);
    default:
      return Buffer.alloc(0);
  }
}

test("what git finds in a mutated repository is found, and nobody is accused of what git does not", async () => {
  const seed = sampleSeed("mutated repositories");
  await fc.assert(
    fc.asyncProperty(mutations, async (mutation) => {
      template.reset();
      const slot = template.pool.slotPath(2);
      const what = mutate(join(slot, ".git"), mutation);
      const { anomalies, errors } = await lookAtPool(template.pool, { deep: true });
      const accused = anomalies.corruptedSlots.map(({ slotId, reasons }) => ({ slotId, reasons }));
      expect(accused.filter(({ slotId }) => slotId !== template.pool.slotId(2))).toEqual([]);
      const reasons = accused.flatMap((one) => one.reasons);
      const discontent = gitVerdicts.filter((verdict) => !isContent(slot, ...verdict)).map(([name]) => name);
      const unexplained =
        discontent.length > 0 ? [] : reasons.filter((reason) => !gitIsBlindTo.includes(reason));
      expect({ what, unexplained }).toEqual({ what, unexplained: [] });
      if (discontent.length > 0)
        expect({ what, discontent, isFound: reasons.length + errors.length > 0 }).toEqual({
          what,
          discontent,
          isFound: true,
        });
    }),
    { seed, numRuns: runsInFull ? 400 : 8 },
  );
}, 900_000);

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
        const isValid = isContent(template.pool.root, "config", "--file", file, "--list");
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
  const isValid = isContent(directory, "rev-parse", "--verify", "refs/heads/other^{commit}");
  expect(resolveRef(uncachedReader, directory, "refs/heads/other", new Map()).kind === "commit").toBe(
    isValid,
  );
});
