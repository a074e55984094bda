import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import type { CheckReport } from "../../src/views/check-report.ts";
import { runWithoutConfig } from "../kit/commands-of-trees.ts";
import { describeEachSource } from "../kit/describe-layouts.ts";
import { faults } from "../kit/faults/catalogue.ts";
import type { Fault } from "../kit/faults/fault.ts";
import { largestFault } from "../kit/faults/index-file.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { createRandom, runsInFull, sampleOf, sampleSeed, sliceOf } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { fingerprint, readableMarkers } from "../kit/working-slot.ts";

const number = 2;
const pairsPerKind = runsInFull ? 60 : 1;

/**
 * Not what a pool manager records; a checkout that is gone, or whose repository is, is none any more; and beside linked work
 * trees, one that an agent made out of one of them is a slot like any other.
 */
function makesSense({ name, reason }: Fault, layout: RealPool["layout"]): boolean {
  if (layout === "worktree" && name.includes("an agent's own work tree")) return false;
  const isOfRecord = name.startsWith("slot.json") || reason === "state_error";
  const isGone = reason === "slot_missing" || reason === "git_missing";
  return name !== largestFault && !isOfRecord && !(layout === "clone" && isGone);
}

/** The repository is seen from the wrong place: it is told, and nothing is judged. */
const fromElsewhere = "links lead where the pool was before";
/** Git waits for whoever writes to it. */
const endless = "commit-graph is a FIFO";

class BrokenTree {
  readonly slot: SlotPlace;
  readonly #pool: RealPool;
  readonly #chosen: readonly Fault[];
  readonly #others: readonly string[];
  readonly #own: readonly string[];
  #before: Record<string, string> = {};
  #markers = new Set<string>();
  #isOfRepository = false;
  #told = "";

  constructor(pool: RealPool, chosen: readonly Fault[]) {
    this.#pool = pool;
    this.#chosen = chosen;
    this.slot = new SlotPlace(pool, number);
    const main = pool.layout === "clone" ? [] : [join(pool.directory, "main")];
    this.#others = [...[1, 3].map((other) => pool.slotPath(other)), ...main];
    this.#own = [this.slot.path, this.slot.gitDirectory];
  }

  break(): void {
    workIn(this.slot);
    const sound = this.#beside();
    for (const { inject } of this.#chosen) this.#injectIfPossible(inject);
    this.#before = this.#beside();
    const isChanged = JSON.stringify(this.#before) !== JSON.stringify(sound);
    this.#isOfRepository = isChanged || this.#chosen.some(({ scope }) => scope === "repository");
    this.#markers = this.#readMarkers();
  }

  /** The first may have taken away what the second would damage: then there is one fault. */
  #injectIfPossible(inject: Fault["inject"]): void {
    try {
      inject(this.slot);
    } catch (error) {
      if (this.#chosen.length === 1) throw error;
    }
  }

  async expectNamed(): Promise<void> {
    const shallow = await this.#check();
    const deep = await this.#check("--deep");
    for (const report of [shallow, deep]) this.#expectNoneReportedThatIsSound(report);
    // A place that could not be looked at is told as an error. Two faults together may be a third one: a pack and its index
    // that are both gone leave objects missing.
    const isNamed =
      this.#chosen.length === 1
        ? this.#chosen.some(({ reason }) => this.#reasonsIn(deep).includes(reason))
        : deep.corrupted_slots.length + deep.pools.flatMap(({ problems }) => problems).length > 0;
    const isTold = isNamed || deep.errors.length > 0;
    const isRefused = this.#isEndless() || (this.#isLeft() && refuses(this.slot.path));
    expect(isTold || !isRefused, this.#told).toBe(true);
    this.expectNothingLost();
  }

  async #check(...options: string[]): Promise<CheckReport> {
    const { printed } = await this.run("check", this.#pool.directory, ...options);
    return JSON.parse(printed) as CheckReport;
  }

  /** Of what is wrong with the tree, and with the repository that it shares. */
  #reasonsIn({ corrupted_slots: slots, pools }: CheckReport): string[] {
    const own = slots.filter(({ slot_id: id }) => isOfTree(id)).flatMap(({ reasons }) => reasons);
    const problems = pools.flatMap((pool) => pool.problems.map(({ code }) => code));
    const ofRepository = problems.map((code) => code.replace(/^main_repo_/, ""));
    const isElsewhere = problems.includes("vantage_suspect") && this.#chosen[0]?.name === fromElsewhere;
    // A linked work tree of a checkout is a slot of its own, where the same fault has the name of a work tree's.
    const isOfLinked = slots.some(({ slot_id: id }) => id.startsWith("slot2-"));
    const named = this.#chosen.filter(({ name }) => isOfLinked && name.includes("an agent's own work tree"));
    const elsewhere = isElsewhere ? this.#chosen.slice(0, 1) : [];
    return [...own, ...ofRepository, ...[...named, ...elsewhere].map(({ reason }) => reason)];
  }

  /** Another tree is reported only if git refuses it too, or for what it shares with the broken one. */
  #expectNoneReportedThatIsSound({ corrupted_slots: slots }: CheckReport): void {
    const reported = slots.filter(({ slot_id: id }) => !isOfTree(id));
    const isShared = this.#isOfRepository && this.#pool.layout === "worktree";
    const sound = isShared ? [] : this.#others.filter((path) => !refuses(path));
    const names = sound.map((path) => path.split("/").at(-1) ?? "");
    const wrong = reported.filter(({ slot_id: id }) => names.some((name) => id.includes(`-${name}-`)));
    expect(wrong, this.#told).toEqual([]);
  }

  async save(): Promise<void> {
    const own = fingerprint(...this.#own);
    await this.run("salvage", "save", this.slot.path);
    expect(fingerprint(...this.#own), this.#told).toEqual(own);
    this.expectNothingLost();
  }

  async recover(): Promise<void> {
    await this.run("recover", this.slot.path);
    this.expectNothingLost();
    const { printed } = await this.run("recover", this.slot.path);
    const actions = printed === "" ? [] : (JSON.parse(printed) as Pick<RecoveryReport, "actions">).actions;
    expect(actions.filter(({ outcome }) => outcome === "done" || outcome === "failed")).toEqual([]);
  }

  async reclaim(): Promise<void> {
    await this.run("reclaim", this.slot.path, "--dry-run");
    this.expectNothingLost();
    // By a link, another tree is named.
    if (this.#chosen.some(({ name }) => name.startsWith("slot directory is a link"))) return;
    await this.run("reclaim", this.slot.path);
    this.expectNothingLost();
  }

  async run(...args: string[]): Promise<{ printed: string }> {
    const result = await runWithoutConfig(this.#pool, ...args, "--json");
    this.#told += `${args.join(" ")}: ${JSON.stringify(result)}\n`;
    return result;
  }

  /** All work can be read somewhere, and nothing is changed but the tree, its registration and what the program keeps. */
  expectNothingLost(): void {
    expect(this.#beside(), this.#told).toEqual(this.#before);
    const left = this.#readMarkers();
    expect(
      [...this.#markers].filter((marker) => !left.has(marker)),
      this.#told,
    ).toEqual([]);
  }

  /** Of a tree without its directory and its registration, nothing is left that could be reported. */
  #isLeft(): boolean {
    return this.#own.some((path) => existsSync(join(path, ".")));
  }

  #isEndless(): boolean {
    return this.#chosen.some(({ name }) => name === endless);
  }

  #beside(): Record<string, string> {
    const all = Object.entries(fingerprint(this.#pool.directory, join(this.#pool.root, "seed")));
    return Object.fromEntries(
      all.filter(([file]) => !this.#own.some((place) => file === place || file.startsWith(`${place}/`))),
    );
  }

  #readMarkers(): Set<string> {
    return readableMarkers(this.#pool.root);
  }
}

/** The broken tree, a linked work tree that was made out of it, or where the tree stands once it was moved. */
function isOfTree(slotId: string): boolean {
  return /(?:^|-)(?:slot2|elsewhere)-/.test(slotId);
}

function refuses(path: string): boolean {
  try {
    git(path, "--no-optional-locks", "status");
    git(path, "fsck");
    return false;
  } catch {
    return true;
  }
}

async function expectKept(pool: RealPool, chosen: readonly Fault[]): Promise<void> {
  const tree = new BrokenTree(pool, chosen);
  tree.break();
  await tree.expectNamed();
  await tree.save();
  await tree.recover();
  await tree.reclaim();
}

describeEachSource("a tree", ({ kind, layout }, template) => {
  const known = faults.filter((fault) => fault.layouts.includes(layout) && makesSense(fault, layout));
  test.each(sliceOf(sampleOf(known, 1, `faults of ${kind}`)))(
    "is reported if git refuses it, and no command loses anything or changes what is beside it, after: $name",
    async (fault) => {
      await expectKept(template.pool, [fault]);
    },
  );

  const random = createRandom(sampleSeed(`${pairsPerKind} pairs of faults of ${kind}`));
  const oneOf = (): Fault => known[Math.floor(random() * known.length)]!;
  const pairs = Array.from({ length: pairsPerKind }, () => [oneOf(), oneOf()] as const);
  test.each(sliceOf(pairs.map((pair) => ({ pair, names: pair.map(({ name }) => name).join(", and ") }))))(
    "keeps all of its work, and what is beside it, after: $names",
    async ({ pair }) => {
      await expectKept(template.pool, pair);
    },
  );
});
