import { existsSync, lstatSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { afterEach, expect, test } from "vitest";
import { corruptionReasons, type CorruptionReason } from "../../src/anomalies/corruption-reason.ts";
import type { Snapshot } from "../../src/anomalies/snapshot.ts";
import { findRefusal, isGitContent, wouldForgetWorkTree } from "../kit/is-git-content.ts";
import { lookAlikes } from "../kit/look-alikes.ts";
import { lookAtPool } from "../kit/look-at-pool.ts";
import { mutateFile, mutationKinds, type Mutation } from "../kit/mutate-file.ts";
import { RealPool } from "../kit/real-pool.ts";
import { createRandom, runsInFull, sampleOf, sampleSeed } from "../kit/sample.ts";
import { SlotPlace } from "../kit/slot-place.ts";

let pool: RealPool;
let end: (() => Promise<void>) | undefined;

afterEach(async () => {
  await end?.();
  end = undefined;
  pool.destroy();
});

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
  // It looks only whether something is at the other end, and takes a file without refs for one that never had any.
  "worktree_backlink_invalid",
  "packed_refs_invalid",
  // A MERGE_HEAD that names nothing stops the commit alone.
  "git_invalid",
];

/** What is not there is promised by the remote, which is away: the packs that had it are lost all the same. */
const blindInPartialClones: readonly CorruptionReason[] = ["pack_missing", "pack_index_missing"];

/** Git does without the settings of a submodule until it fetches. */
const blindInSubmodules: readonly CorruptionReason[] = ["submodule_corrupt"];

/** The work trees that the mutation may reach, those of submodules and nested repositories too. */
function findWorkTrees(of: RealPool): string[] {
  const numbers = of.layout === "clone" ? [2] : [1, 2, 3];
  const paths = numbers.map((number) => of.slotPath(number)).filter((path) => existsSync(path));
  return paths.flatMap((path) => {
    const names = readdirSync(path, { recursive: true, encoding: "utf8" });
    const nested = names.filter((name) => name.endsWith("/.git") && !name.startsWith(".git/"));
    return [path, ...nested.map((name) => dirname(join(path, name)))];
  });
}

/** What git refuses to do, command and place each, and whether its next clean-up would forget a work tree. */
function* findDiscontent(workTrees: readonly string[]): Generator<string> {
  for (const path of workTrees)
    for (const verdict of gitVerdicts) {
      const refusal = findRefusal(path, ...verdict);
      if (refusal !== undefined) yield `${verdict[0]} in ${relative(pool.directory, path)}: ${refusal}`;
    }
  if (wouldForgetWorkTree(new SlotPlace(pool, 2).commonDirectory)) yield "worktree prune";
}

/**
 * The files of the slot's repository that say something, those of its submodules too; git reads neither samples nor its own
 * description, and this test cannot open a name that is no UTF-8. An agent's own work trees have heads of their own, which no deep look reads.
 */
function repositoryFiles(slot: SlotPlace): string[] {
  const directories = [...new Set([slot.commonDirectory, slot.gitDirectory])];
  const files = directories.flatMap((directory) =>
    readdirSync(directory, { recursive: true, encoding: "utf8" })
      .filter((name) => !/(^|\/)(hooks\/|description$|COMMIT_EDITMSG$|branches)|\uFFFD/.test(name))
      .filter((name) => !name.startsWith("worktrees/") || slot.pool.layout === "worktree")
      .map((name) => join(directory, name)),
  );
  const link = join(slot.path, ".git");
  return [...new Set([...files, link])].filter((path) => lstatSync(path).isFile()).sort();
}

interface Said {
  readonly reasons: readonly CorruptionReason[];
  /** Something is said, be it that it could not be looked at. */
  readonly isTold: boolean;
}

/** A fault of the main repository is told once, under its own reason. */
function saidIn({ anomalies, errors, pools }: Snapshot): Said {
  const told = pools.flatMap((each) => each.problems.map(({ code }) => code));
  const ofSlots = anomalies.corruptedSlots.flatMap((slot) => slot.reasons);
  const ofMain = told.flatMap((code) => corruptionReasons.filter((reason) => code === `main_repo_${reason}`));
  const reasons = [...ofSlots.filter((reason) => reason !== "main_repo_broken"), ...ofMain];
  return { reasons: [...new Set(reasons)], isTold: ofSlots.length + errors.length + told.length > 0 };
}

/** True if the file is the HEAD of a lent slot and names a branch: `git checkout --orphan` of its agent leaves the same. */
function isOnOwnBranch(file: string): boolean {
  if (file !== join(new SlotPlace(pool, 2).gitDirectory, "HEAD") || !existsSync(pool.recordPath(2)))
    return false;
  const { state } = JSON.parse(readFileSync(pool.recordPath(2), "utf8")) as { readonly state: string };
  return state === "allocated" && isGitContent(pool.slotPath(2), "symbolic-ref", "--quiet", "HEAD");
}

/** What is wrong with what a deep look says of a mutated file, beside what git says of it; undefined if they agree. */
async function judge(
  file: string,
  mutation: Mutation,
  {
    workTrees,
    before,
    isPartial,
  }: { workTrees: readonly string[]; before: readonly string[]; isPartial: boolean },
): Promise<object | undefined> {
  const mutated = mutateFile(file, mutation);
  const only = pool.layout === "clone" ? { slotId: pool.slotId(2) } : {};
  try {
    // A last checksum of zeroes is a form of newer gits, which this fsck refuses in any index.
    const isForm = mutation.kind === "zero" && file.endsWith("/index");
    const { reasons, isTold } = saidIn(await lookAtPool(pool, { deep: true, faultsOnly: true, ...only }));
    const blind = [
      ...gitIsBlindTo,
      ...(isPartial ? blindInPartialClones : []),
      ...(/\/modules\/.+\/config$/.test(file) ? blindInSubmodules : []),
    ];
    const accusing = reasons.filter((reason) => !blind.includes(reason));
    // Told, and of nothing that git would have to confirm: git need not be asked.
    if (isTold && accusing.length === 0) return undefined;
    for (const discontent of findDiscontent(workTrees))
      if (!before.includes(discontent) && !(discontent.startsWith("rev-parse") && isOnOwnBranch(file)))
        return isTold || isForm ? undefined : { what: mutated.what, discontent };
    // Git has refused the repository before: it cannot judge what else is wrong with it.
    return accusing.length > 0 && before.length === 0 ? { what: mutated.what, accusing } : undefined;
  } finally {
    mutated.undo();
  }
}

const templates = lookAlikes.flatMap(({ name, layouts, arrange }) =>
  layouts.map((layout) => ({ name, layout, arrange })),
);
const mutationsPerTemplate = runsInFull ? Math.ceil(10_000 / templates.length) : 3;

test.each(sampleOf(templates, 3, "templates of mutations"))(
  "what git finds in a mutated $layout slot is found, and nothing else is reported: $name",
  async ({ name, layout, arrange }) => {
    pool = new RealPool(2, layout);
    end = await arrange(pool);
    const workTrees = findWorkTrees(pool);
    const files = repositoryFiles(new SlotPlace(pool, 2));
    const before = [...findDiscontent(workTrees)];
    const scope = { workTrees, before, isPartial: name.startsWith("a partial clone") };
    const random = createRandom(sampleSeed(`${mutationsPerTemplate} mutations of ${name} (${layout})`));
    const wrong: object[] = [];
    for (let count = 0; count < mutationsPerTemplate; count++) {
      const file = files[Math.floor(random() * files.length)]!;
      const kind = mutationKinds[Math.floor(random() * mutationKinds.length)]!;
      const judged = await judge(file, { kind, place: random(), byte: random() }, scope);
      if (judged !== undefined) wrong.push(judged);
    }
    expect(wrong).toEqual([]);
  },
  3_600_000,
);
