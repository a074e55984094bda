import { secondsBetween } from "../../platform/clock.ts";
import type { ReadStamp } from "../../platform/file-stamp.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import { RecordCache } from "../../pool/records/record-cache.ts";
import { Signature } from "./signature.ts";
import type { SlotFacts } from "../inspect-slot.ts";

/** Facts of one slot that were read earlier, and are true still. */
export interface RememberedFacts {
  readonly facts: SlotFacts;
  readonly probedAt: Date;
  /** True if a second look, a second later, showed the same faults. */
  readonly isConfirmed: boolean;
}

interface Entry extends RememberedFacts {
  /** Of what the pools are read from too, which is not compared twice in a collection. */
  readonly recorded: Signature;
  readonly own: Signature;
  readonly shared: SharedSignature | undefined;
  readonly isTrusted: boolean;
  readonly reading: Slot["reading"];
  /** What the facts depend on besides the slot's files. */
  readonly context: string;
}

/** The result of one full probe of a slot. */
export interface Observation {
  readonly facts: SlotFacts;
  /** Every path that the facts depend on. */
  readonly paths: ReadonlySet<string>;
  /** In milliseconds since the epoch, before the first of them was read. */
  readonly startedAt: number;
  readonly now: Date;
}

/** Of a repository that many slots share: its files are compared once a collection, not once a slot. */
interface SharedSignature {
  readonly signature: Signature;
  collection: number;
  isUnchanged: boolean;
}

/**
 * The facts about each slot from its last full probe, with a signature of every path that the probe depended on. Only facts
 * are kept: judgements depend on the clock, and are made again each time.
 */
export class InspectionMemory {
  readonly records = new RecordCache();
  readonly #entries = new Map<string, Entry>();
  readonly #shared = new Map<string, SharedSignature>();
  readonly #fullProbePeriodSeconds: () => number;
  #collection = 0;
  readonly #readStamp: ReadStamp = (path, into) => this.records.readStamp(path, into);

  /** The period is read each time: a reload of the configuration may change it. */
  constructor(options: { fullProbePeriodSeconds: () => number }) {
    this.#fullProbePeriodSeconds = options.fullProbePeriodSeconds;
  }

  beginCollection(): void {
    this.#collection++;
    this.records.beginLook();
  }

  /** Forgets the slots that the pools no longer have. */
  endCollection(slotIds: ReadonlySet<string>): void {
    for (const slotId of this.#entries.keys()) if (!slotIds.has(slotId)) this.#entries.delete(slotId);
    const used = new Set([...this.#entries.values()].map(({ shared }) => shared));
    for (const [directory, shared] of this.#shared) if (!used.has(shared)) this.#shared.delete(directory);
    this.records.sweep();
  }

  /** Undefined if anything changed, or if the last full probe is too long ago. */
  recall(slot: Slot, pool: Pool, now: Date): RememberedFacts | undefined {
    const entry = this.#entries.get(slot.slotId);
    if (entry?.isTrusted !== true || entry.reading !== slot.reading) return undefined;
    const ageSeconds = secondsBetween(entry.probedAt, now);
    if (ageSeconds < 0 || ageSeconds >= this.#fullProbePeriodSeconds()) return undefined;
    if (entry.context !== contextOf(pool)) return undefined;
    if (!entry.recorded.isUnchanged(this.#readStamp) || !entry.own.isUnchanged()) return undefined;
    return entry.shared === undefined || this.#isUnchanged(entry.shared) ? entry : undefined;
  }

  /** Remembers the facts of a slot and what they were read from. */
  observe(slot: Slot, pool: Pool, { facts, paths, startedAt, now }: Observation): void {
    const common = facts.directories?.commonDirectory;
    const isOwnStore = common === undefined || common === facts.directories?.gitDirectory;
    const isShared = (path: string): boolean =>
      !isOwnStore && isBelow(common, path) && !isBelow(facts.directories?.gitDirectory, path);
    const ownPaths = [slot.recordPath, ...[...paths].filter((path) => !isShared(path))];
    const isRecorded = (path: string): boolean => this.records.has(path);
    const recorded = Signature.of(ownPaths.filter(isRecorded));
    const own = Signature.of(ownPaths.filter((path) => !isRecorded(path)));
    const shared = isOwnStore ? undefined : this.#share(common, [...paths].filter(isShared));
    const signatures = [recorded, own, ...(shared === undefined ? [] : [shared.signature])];
    this.#entries.set(slot.slotId, {
      ...{ facts, probedAt: now, isConfirmed: false, reading: slot.reading, context: contextOf(pool) },
      ...{ recorded, own, shared, isTrusted: signatures.every((each) => each.isTrusted(startedAt)) },
    });
  }

  confirm(slotId: string): void {
    const entry = this.#entries.get(slotId);
    if (entry !== undefined) this.#entries.set(slotId, { ...entry, isConfirmed: true });
  }

  /** What is half written is not remembered. */
  forget(slotId: string): void {
    this.#entries.delete(slotId);
  }

  /** The signature of every file that the last probe of a slot depended on; undefined before the first one. */
  digest(slotId: string): string | undefined {
    const entry = this.#entries.get(slotId);
    if (entry === undefined) return undefined;
    const { recorded, own, shared } = entry;
    return `${own.digest(recorded)}.${shared?.signature.digest() ?? ""}`;
  }

  #share(directory: string, paths: readonly string[]): SharedSignature {
    const known = this.#shared.get(directory);
    const shared =
      known !== undefined && this.#isUnchanged(known)
        ? known
        : { signature: new Signature(), collection: this.#collection, isUnchanged: true };
    for (const path of paths) shared.signature.cover(path);
    this.#shared.set(directory, shared);
    return shared;
  }

  #isUnchanged(shared: SharedSignature): boolean {
    if (shared.collection !== this.#collection && shared.isUnchanged) {
      shared.collection = this.#collection;
      shared.isUnchanged = shared.signature.isUnchanged(this.#readStamp);
    }
    return shared.isUnchanged;
  }
}

function isBelow(directory: string | undefined, path: string): boolean {
  return directory !== undefined && (path === directory || path.startsWith(`${directory}/`));
}

function contextOf(pool: Pool): string {
  return `${pool.directory}\n${pool.layout}\n${pool.repoUrl ?? ""}`;
}
