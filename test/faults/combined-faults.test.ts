import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createDefaultConfig } from "../../src/config/default-config.ts";
import { isReallyInside } from "../../src/platform/contained-path.ts";
import { PoolManager } from "../../src/pool-manager.ts";
import { formatPoolTime, systemTimeZone } from "../../src/pool/records/local-time.ts";
import type { RecoveryReport } from "../../src/recovery/recovery-report.ts";
import { describeEachLayout } from "../kit/describe-layouts.ts";
import { BusyAgent, removeYoungLocks } from "../kit/busy-agent.ts";
import { sampledFaults } from "../kit/faults/catalogue.ts";
import type { Fault } from "../kit/faults/fault.ts";
import { git, type RealPool } from "../kit/real-pool.ts";
import { rememberPool } from "../kit/remember-pool.ts";
import { createRandom, runsInFull, sampleSeed, sliceOf } from "../kit/sample.ts";
import { SlotPlace, workIn } from "../kit/slot-place.ts";
import { fingerprint, readableMarkers } from "../kit/working-slot.ts";

const number = 2;
const pairsPerLayout = runsInFull ? 250 : 1;
const triplesPerLayout = runsInFull ? 50 : 1;

const timeAgo = (hours: number): string =>
  formatPoolTime(new Date(Date.now() - hours * 3_600_000), systemTimeZone());

/** What slot.json says before the faults; runs end an allocation that is over-age. */
const states = {
  available: {},
  allocated: { state: "allocated", last_allocated_at: timeAgo(1) },
  "over-age": { state: "allocated", last_allocated_at: timeAgo(60) },
  cleaning: { state: "cleaning" },
  error: { state: "error" },
  isolated: { state: "error", metadata: { isolated_at: timeAgo(2), isolation_reason: "a person looks" } },
} as const;
type StateName = keyof typeof states;
const stateNames = Object.keys(states) as StateName[];

interface Combination {
  readonly names: string;
  readonly chosen: readonly Fault[];
  readonly state: StateName;
  readonly hasAgent: boolean;
  readonly mayRebuildPool: boolean;
}

function chooseCombinations(layout: RealPool["layout"]): Combination[] {
  const known = sampledFaults.filter(({ layouts }) => layouts.includes(layout));
  const random = createRandom(sampleSeed(`${pairsPerLayout} pairs, ${triplesPerLayout} triples, ${layout}`));
  const oneOf = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)]!;
  const choose = (size: number): Combination => {
    const chosen = Array.from({ length: size }, () => oneOf(known));
    const state = oneOf(stateNames);
    const hasAgent = random() < 0.4;
    const mayRebuildPool = random() < 0.5;
    const names = chosen.map(({ name }) => name).join(", and ");
    return {
      names: `${state}${hasAgent ? " in use" : ""}: ${names}`,
      chosen,
      state,
      hasAgent,
      mayRebuildPool,
    };
  };
  return [
    ...Array.from({ length: pairsPerLayout }, () => choose(2)),
    ...Array.from({ length: triplesPerLayout }, () => choose(3)),
  ];
}

/**
 * The first may have taken away what the second would damage, or keep the git that damages from ending, which is killed
 * then: the slot has one fault.
 */
function injectAll(chosen: readonly Fault[], slot: SlotPlace): void {
  for (const { inject } of chosen) {
    try {
      inject(slot);
    } catch {
      removeYoungLocks(slot.commonDirectory);
    }
  }
}

interface SlotRecordFields {
  readonly state?: string;
  readonly metadata?: { readonly isolation_reason?: string };
}

function readRecord(pool: RealPool, of = number): SlotRecordFields {
  try {
    return JSON.parse(readFileSync(pool.recordPath(of), "utf8")) as SlotRecordFields;
  } catch {
    return {};
  }
}

function expectUsable(pool: RealPool): void {
  const path = pool.slotPath(number);
  git(path, "fsck", "--full");
  git(path, "status", "--porcelain");
  git(path, "commit", "-q", "--allow-empty", "-m", "next");
}

function isUsable(path: string): boolean {
  try {
    git(path, "fsck", "--full");
    git(path, "--no-optional-locks", "status", "--porcelain");
    return true;
  } catch {
    return false;
  }
}

/** Only a new clone of the main repository is left, which nobody allowed: every slot stays as it is. */
function isLeftToPerson({ actions }: RecoveryReport, ofSlot: string): boolean {
  return actions.some(
    ({ slotId, action, reason }) => slotId === ofSlot && action === "reclone" && reason === "approval",
  );
}

class CombinedFaults {
  readonly #pool: RealPool;
  readonly #case: Combination;
  readonly #manager: PoolManager;
  readonly #places: readonly string[];
  readonly #markers = new Set<string>();
  #neighbours: Record<string, string> = {};
  /** Files of other slots that the second fault reached through the first, such as a link: they are repaired too. */
  readonly #damagedBeside = new Set<string>();
  /** What the runs said, for who reads a failure. */
  #told = "";

  constructor(pool: RealPool, combination: Combination) {
    const { root, workspacesDir, stateDir } = pool;
    this.#pool = pool;
    this.#case = combination;
    this.#manager = new PoolManager({ config: { ...createDefaultConfig(root), workspacesDir, stateDir } });
    this.#places = [pool.layout === "clone" ? pool.slotPath(number) : pool.directory, stateDir];
  }

  async break(): Promise<void> {
    const slot = new SlotPlace(this.#pool, number);
    workIn(slot);
    this.#pool.writeRecord(number, states[this.#case.state]);
    await rememberPool(this.#pool);
    const sound = this.#readNeighbours();
    injectAll(this.#case.chosen, slot);
    const after = this.#readNeighbours();
    for (const path of Object.keys({ ...sound, ...after }))
      if (sound[path] !== after[path]) this.#damagedBeside.add(path);
    for (const marker of readableMarkers(...this.#places)) this.#markers.add(marker);
    this.#neighbours = this.#readNeighbours();
  }

  async recoverBesideAgent(): Promise<void> {
    const slot = new SlotPlace(this.#pool, number);
    const agent = this.#case.hasAgent ? await BusyAgent.start(slot).catch(() => undefined) : undefined;
    if (agent === undefined) return;
    try {
      await this.#recover();
    } finally {
      if (!(await agent.stop())) removeYoungLocks(slot.commonDirectory);
      for (const marker of agent.markers()) this.#markers.add(marker);
    }
    this.#expectNothingLost();
  }

  async recover(): Promise<void> {
    const report = await this.#recover();
    this.#expectNothingLost();
    if (isLeftToPerson(report, this.#pool.slotId(number))) await this.#expectNoneLent();
    else await this.#expectSoundOrTold(report.errors);
    const again = await this.#recover();
    const hasActed = again.actions.filter(({ outcome }) => outcome === "done" || outcome === "failed");
    expect(hasActed, this.#told).toEqual([]);
    this.#expectNothingLost();
  }

  async #recover() {
    const { state, mayRebuildPool } = this.#case;
    const report = await this.#manager.autoRecover({
      deep: true,
      forceReleaseLongAllocated: state === "over-age",
      allowPoolRebuild: mayRebuildPool,
    });
    this.#told += `${JSON.stringify(report)}\n`;
    return report;
  }

  #readNeighbours(): Record<string, string> {
    const of = (other: number): string[] => [this.#pool.slotPath(other), this.#pool.recordPath(other)];
    const read = Object.entries(fingerprint(...of(1), ...of(3)));
    return Object.fromEntries(read.filter(([path]) => !this.#damagedBeside.has(path)));
  }

  /**
   * What all slots share may be left to a person, who decides about what lies outside: all are then out of rotation.
   * Asked of such slots alone, since the git of `isUsable` refreshes the index.
   */
  #isIsolatedWithPool(other: number): boolean {
    const { state, metadata } = readRecord(this.#pool, other);
    if (state !== "error") return false;
    // An agent that commits meanwhile keeps what they share from being repaired, or cloned again.
    if (this.#case.hasAgent && metadata?.isolation_reason?.startsWith("main_repo_broken") === true)
      return true;
    const { mainRepository: main, directory } = this.#pool;
    const isOutside = [main, join(main, "objects")].some(
      (path) => existsSync(path) && !isReallyInside(directory, path),
    );
    return isOutside || !isUsable(this.#pool.slotPath(other));
  }

  #expectNothingLost(): void {
    const left = readableMarkers(...this.#places);
    expect(
      [...this.#markers].filter((marker) => !left.has(marker)),
      this.#told,
    ).toEqual([]);
    const expected = { ...this.#neighbours };
    for (const other of [1, 3].filter((each) => this.#isIsolatedWithPool(each)))
      Object.assign(expected, fingerprint(this.#pool.recordPath(other)));
    expect(this.#readNeighbours(), this.#told).toEqual(expected);
  }

  async #expectNoneLent(): Promise<void> {
    expect(await this.#manager.allocateSlot("demo"), this.#told).toBeUndefined();
  }

  async #expectSoundOrTold(errors: readonly string[]): Promise<void> {
    const seen = await this.#manager.snapshot({ deep: true });
    const slotId = this.#pool.slotId(number);
    const broken = seen.anomalies.corruptedSlots.find((slot) => slot.slotId === slotId);
    const { state, metadata } = readRecord(this.#pool);
    const told = `${this.#told}${JSON.stringify({ broken, state, metadata, errors: seen.errors })}`;
    if (state === "available") {
      expect({ broken, errors: seen.errors, said: errors }, told).toEqual({
        broken: undefined,
        errors: [],
        said: [],
      });
      expectUsable(this.#pool);
      return;
    }
    if (state !== "error") {
      // It stays what it was, with a fault that was refused and told, or with none.
      const stayed = states[this.#case.state];
      if (broken === undefined) expect(stayed, told).toMatchObject({ state });
      return;
    }
    // Isolation is for what could not be repaired, for work that changed while it was saved, and for a slot of which
    // nothing says whose it is.
    const isLost = metadata?.isolation_reason?.includes("nothing says whether") === true;
    if (!isLost && !this.#case.hasAgent && this.#case.state !== "isolated")
      expect(broken, told).toBeDefined();
  }
}

describeEachLayout((layout, template) => {
  test.each(sliceOf(chooseCombinations(layout)))(
    "nothing is lost, the slot is usable or isolated, and the next run is idle, where $names",
    async (combination) => {
      const broken = new CombinedFaults(template.pool, combination);
      await broken.break();
      await broken.recoverBesideAgent();
      await broken.recover();
    },
    600_000,
  );
});
