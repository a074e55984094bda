import { existsSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { AgentTrees } from "../kit/agent-trees.ts";
import { leaveLock } from "../kit/damage.ts";
import { killProgramWhen, readJournalLines } from "../kit/kill-program.ts";
import { git } from "../kit/real-pool.ts";
import { rememberHeads } from "../kit/remember-heads.ts";
import { createRandom, runsInFull, sampleOf, sampleSeed } from "../kit/sample.ts";
import { readableMarkers } from "../kit/working-slot.ts";

const randomKills = runsInFull ? 100 : 3;
const mostLines = 8;

interface Scenario {
  readonly name: string;
  readonly tree: () => string;
  readonly gitDirectory: () => string;
  readonly damage: (gitDirectory: string, tree: string) => void | Promise<void>;
}

let trees: AgentTrees;

const linked = { tree: () => trees.tree("one"), gitDirectory: () => trees.admin("one") };
const checkout = { tree: () => trees.checkout, gitDirectory: () => join(trees.checkout, ".git") };
const damages: readonly Pick<Scenario, "name" | "damage">[] = [
  {
    name: "the index is garbage",
    damage: (gitDirectory) => {
      writeFileSync(join(gitDirectory, "index"), "DIRC");
    },
  },
  {
    name: "HEAD is gone",
    damage: (gitDirectory) => {
      rmSync(join(gitDirectory, "HEAD"));
    },
  },
  {
    name: "git left its index.lock",
    damage: (gitDirectory) => {
      leaveLock(join(gitDirectory, "index.lock"));
    },
  },
];
const linkDamages: readonly Pick<Scenario, "name" | "damage">[] = [
  {
    name: "its .git file is gone",
    damage: (_, tree) => {
      rmSync(join(tree, ".git"));
    },
  },
  {
    name: "the links of its registration are empty",
    damage: (gitDirectory) => {
      for (const name of ["gitdir", "commondir"]) writeFileSync(join(gitDirectory, name), "");
    },
  },
];
const lostRegistration: Pick<Scenario, "name" | "damage"> = {
  name: "its registration is gone",
  damage: async (gitDirectory, tree) => {
    const manager = new PoolManager({
      config: {
        ...createDefaultConfig(trees.root),
        stateDir: stateDir(),
        sources: [trees.source({ name: "" })],
      },
    });
    await rememberHeads(manager, stateDir(), tree);
    rmSync(gitDirectory, { recursive: true });
  },
};
const scenarios: readonly Scenario[] = [
  ...damages.map(({ name, damage }) => ({ ...checkout, name: `${name}, of a checkout`, damage })),
  ...[...damages, ...linkDamages, lostRegistration].map(({ name, damage }) => ({
    ...linked,
    name,
    damage,
  })),
];

beforeEach(() => {
  trees = new AgentTrees();
  for (const tree of [trees.tree("one"), trees.checkout]) {
    writeFileSync(join(tree, "committed.txt"), "MARK-committed\n");
    git(tree, "add", "committed.txt");
    git(tree, "commit", "-q", "-m", "own");
    writeFileSync(join(tree, "staged.txt"), "MARK-staged\n");
    git(tree, "add", "staged.txt");
    writeFileSync(join(tree, "untracked.txt"), "MARK-untracked\n");
  }
});

afterEach(() => {
  trees.destroy();
});

const stateDir = (): string => join(trees.root, ".local", "state", "repo-pool-sidecar");
const runUntil = (isTime: () => boolean, ...args: string[]): Promise<string> =>
  killProgramWhen(isTime, args, trees.root);
const runWhole = (...args: string[]): Promise<string> => runUntil(() => false, ...args);

function listTemporaryFiles(directory: string): string[] {
  return existsSync(directory) ? readdirSync(directory).filter((name) => name.endsWith(".tmp")) : [];
}

/** Whatever was killed, the next run ends it: the tree is sound, its work is there, and nothing else is. */
async function expectEnded({ tree, gitDirectory }: Scenario, markers: ReadonlySet<string>): Promise<void> {
  const told = await runWhole("recover", tree());
  git(tree(), "status");
  git(tree(), "fsck");
  expect(git(tree(), "log", "-1", "--format=%s"), told).toBe("own");
  const left = readableMarkers(trees.root);
  expect([...markers].filter((marker) => !left.has(marker))).toEqual([]);
  for (const directory of [tree(), gitDirectory(), join(stateDir(), "staging")])
    expect(listTemporaryFiles(directory)).toEqual([]);
  expect(await runWhole("check", join(trees.root, "src"))).toContain("no anomalies");
}

const moments = scenarios.flatMap((scenario) =>
  Array.from({ length: mostLines }, (_, index) => ({ scenario, name: scenario.name, line: index + 1 })),
);

test.each(sampleOf(moments, 2, "kills of repairs in place"))(
  "a repair that is killed at line $line of its journal is ended by the next run: $name",
  async ({ scenario, line }) => {
    await scenario.damage(scenario.gitDirectory(), scenario.tree());
    const markers = readableMarkers(trees.root);
    await runUntil(() => readJournalLines(stateDir()).length >= line, "recover", scenario.tree());
    await expectEnded(scenario, markers);
  },
);

const random = createRandom(sampleSeed(`${randomKills} kills of repairs in place at random moments`));
const randomMoments = Array.from({ length: randomKills }, () => {
  const scenario = scenarios[Math.floor(random() * scenarios.length)]!;
  return { scenario, name: scenario.name, milliseconds: Math.round(200 + random() * 3000) };
});

test.each(randomMoments)(
  "a repair that is killed after $milliseconds ms is ended by the next run: $name",
  async ({ scenario, milliseconds }) => {
    await scenario.damage(scenario.gitDirectory(), scenario.tree());
    const markers = readableMarkers(trees.root);
    const startedAt = performance.now();
    await runUntil(() => performance.now() - startedAt >= milliseconds, "recover", scenario.tree());
    await expectEnded(scenario, markers);
  },
);

/** The journal as a kill leaves it within the last step. */
function cutJournal(): void {
  const directory = join(stateDir(), "journal");
  const [name = ""] = readdirSync(directory).filter((each) => each.endsWith(".jsonl"));
  const lines = readJournalLines(stateDir());
  const intent = lines.findLastIndex((line) => line.includes('"intent"'));
  writeFileSync(join(directory, name), `${lines.slice(0, intent + 1).join("\n")}\n`);
}

test.each([
  { name: "a linked work tree", ...linked },
  { name: "a checkout", ...checkout },
])("a file that a killed repair left half written is removed by the next run: $name", async (place) => {
  rmSync(join(place.gitDirectory(), "HEAD"));
  await runWhole("recover", place.tree());
  cutJournal();
  const own = [
    join(place.tree(), "..git.0123456789ab.tmp"),
    join(place.gitDirectory(), ".HEAD.0123456789ab.tmp"),
  ];
  const others = [
    join(place.tree(), ".notes.0123456789ab.tmp"),
    join(place.gitDirectory(), ".mine.0123456789ab.tmp"),
    join(trees.admin("two"), ".HEAD.0123456789ab.tmp"),
  ];
  for (const path of [...own, ...others]) writeFileSync(path, "half");
  // A run of another tree settles what the killed one left.
  await runWhole("recover", trees.tree("two"));
  expect(own.filter((path) => existsSync(path))).toEqual([]);
  expect(others.filter((path) => !existsSync(path))).toEqual([]);
});
