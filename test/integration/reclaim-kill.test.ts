import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readReclaimed } from "../../src/salvage/reclaimed-slot.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { killProgramWhen, readJournalLines } from "../kit/kill-program.ts";
import { git } from "../kit/real-pool.ts";
import { createRandom, runsInFull, sampleOf, sampleSeed } from "../kit/sample.ts";
import { digestTree } from "../kit/tree-digest.ts";

const randomKills = runsInFull ? 100 : 3;

let trees: AgentTrees;
let before: Record<string, string>[];

beforeEach(() => {
  trees = new AgentTrees();
  const tree = trees.tree("one");
  git(tree, "checkout", "-q", "--detach");
  git(tree, "commit", "-q", "--allow-empty", "-m", "on no branch");
  writeFileSync(join(tree, "untracked"), "untracked\n");
  before = places().map(digestTree);
});

afterEach(() => {
  trees.destroy();
});

const places = (): string[] => [trees.tree("one"), trees.admin("one")];
const stateDir = (): string => join(trees.root, ".local", "state", "repo-pool-sidecar");

const journalLines = (): string[] => readJournalLines(stateDir());

const runUntil = (args: readonly string[], isTime: () => boolean): Promise<string> =>
  killProgramWhen(isTime, args, trees.root);

const runWhole = (...args: string[]): Promise<string> => runUntil(args, () => false);

function reclaimedIds(): string[] {
  const directory = join(stateDir(), "quarantine");
  return existsSync(directory)
    ? readdirSync(directory).filter((id) => readReclaimed(join(directory, id)) !== undefined)
    : [];
}

/** Whatever was killed, the next run ends it: the work tree is whole in its place, or whole in quarantine. */
async function expectWhole(): Promise<void> {
  // A run of another tree settles what the killed one left.
  await runWhole("reclaim", trees.tree("two"));
  const away = reclaimedIds().filter((id) => id.includes("-api-one-"));
  expect(places().map((path) => existsSync(path))).toEqual(away.length > 0 ? [false, false] : [true, true]);
  for (const id of away) expect(await runWhole("reclaim", "--undo", id)).toContain("is back");
  expect(places().map(digestTree)).toEqual(before);
  git(trees.tree("one"), "fsck");
  expect(existsSync(join(stateDir(), "staging")) ? readdirSync(join(stateDir(), "staging")) : []).toEqual([]);
}

test.each(sampleOf([1, 2, 3, 4, 5, 6, 7], 3, "journal lines of a reclaim"))(
  "a reclaim that is killed at line %i of its journal is finished or undone by the next run",
  async (line) => {
    await runUntil(["reclaim", trees.tree("one")], () => journalLines().length >= line);
    await expectWhole();
  },
);

test.each(sampleOf([1, 2, 3, 4, 5], 2, "journal lines of an undo"))(
  "an undo that is killed at line %i of its journal is finished by the next run",
  async (line) => {
    await runWhole("reclaim", trees.tree("one"));
    const [id = ""] = reclaimedIds();
    const begun = journalLines().length;
    await runUntil(["reclaim", "--undo", id], () => journalLines().length >= begun + line);
    await expectWhole();
  },
);

/** The journal as a kill leaves it after the last note of the last step. */
function cutJournal(): void {
  const directory = join(stateDir(), "journal");
  const [name = ""] = readdirSync(directory).filter((each) => each.endsWith(".jsonl"));
  const lines = readFileSync(join(directory, name), "utf8").split("\n").slice(0, -1);
  const last = lines.findLastIndex((line) => line.includes('"moved"'));
  writeFileSync(join(directory, name), `${lines.slice(0, last + 1).join("\n")}\n`);
}

const keptOf = (id: string): string[] =>
  ["tree", "registration"].map((name) => join(stateDir(), "quarantine", id, name));

test.each([
  ["before the first rename", [true, true]],
  ["between the two renames", [false, true]],
  ["after both renames", [false, false]],
])("a reclaim that is killed %s is undone by the next run", async (_, areBack) => {
  await runWhole("reclaim", trees.tree("one"));
  const [id = ""] = reclaimedIds();
  cutJournal();
  for (const [index, isBack] of areBack.entries())
    if (isBack) renameSync(keptOf(id)[index]!, places()[index]!);
  await runWhole("reclaim", trees.tree("two"));
  expect(places().map(digestTree)).toEqual(before);
  expect(reclaimedIds().filter((each) => each.includes("-api-one-"))).toEqual([]);
  await expectWhole();
});

test("an undo that is killed between its two renames is finished by the next run", async () => {
  await runWhole("reclaim", trees.tree("one"));
  const [id = ""] = reclaimedIds();
  const folder = join(stateDir(), "quarantine", id);
  const record = readFileSync(join(folder, "reclaimed.json"));
  await runWhole("reclaim", "--undo", id);
  mkdirSync(folder);
  writeFileSync(join(folder, "reclaimed.json"), record);
  renameSync(places()[0]!, keptOf(id)[0]!);
  cutJournal();
  await runWhole("reclaim", trees.tree("two"));
  expect(places().map(digestTree)).toEqual(before);
  expect(existsSync(folder)).toBe(false);
});

const random = createRandom(sampleSeed(`${randomKills} kills of a reclaim`));
test.each(Array.from({ length: randomKills }, () => Math.round(200 + random() * 1500)))(
  "killed after %i ms, nothing is lost",
  async (milliseconds) => {
    const startedAt = performance.now();
    await runUntil(["reclaim", trees.tree("one")], () => performance.now() - startedAt >= milliseconds);
    await expectWhole();
  },
);
