import { SharedPacks } from "../git/packs/shared-packs.ts";
import { asError } from "../platform/coded-error.ts";
import { TimeSlice } from "../platform/time-slice.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import type { Depth } from "./finding.ts";
import type { InspectionMemory } from "./memory/inspection-memory.ts";
import type { CheckError } from "./inspection-result.ts";
import {
  assembleInspection,
  readSharedParts,
  readSlotFacts,
  type SharedParts,
  type SlotFacts,
  type SlotSurroundings,
  type UnrecordedSurroundings,
} from "./inspect-slot.ts";
import type { SlotInspection } from "./slot-inspection.ts";
import { SlotReader } from "../platform/slot-reader.ts";

export type Look =
  | {
      readonly kind: "inspected";
      readonly inspection: SlotInspection;
      /** True if these faults were seen twice already. */
      readonly isConfirmed: boolean;
    }
  | { readonly kind: "failed"; readonly error: CheckError };

/** Inspects slots one at a time: by signature if it is known and nothing changed, else in full. */
export class SlotInspector {
  readonly verifications = new Map<Depth, number>();
  readonly failures = new Map<Depth, number>();
  #surroundings: SlotSurroundings;
  readonly #memory: InspectionMemory | undefined;
  readonly #confirmed = new Set<string>();
  /** By the pool's directory: what all slots of a pool share is read with the first of them. */
  readonly #shared = new Map<string, SharedParts>();
  #packs = new SharedPacks();
  readonly #slice = new TimeSlice();

  constructor(surroundings: SlotSurroundings, memory: InspectionMemory | undefined) {
    this.#surroundings = surroundings;
    this.#memory = memory;
  }

  /** To be called before the first slot without a record is inspected. */
  surroundUnrecorded(unrecorded: UnrecordedSurroundings): void {
    this.#surroundings = { ...this.#surroundings, unrecorded };
  }

  /** From here on, what slots share is compared again. */
  beginLooks(): void {
    this.#shared.clear();
    this.#packs = new SharedPacks();
    this.#memory?.beginCollection();
  }

  look(slot: Slot, pool: Pool): Look {
    const { now } = this.#surroundings;
    try {
      const known = this.#memory?.recall(slot, pool, now);
      this.count(known === undefined ? "probe" : "signature", false);
      const facts = known?.facts ?? this.#readFacts(slot, pool);
      const inspection = assembleInspection(slot, facts, this.#surroundings, known?.probedAt);
      const isConfirmed = known?.isConfirmed === true;
      if (isConfirmed) this.#confirmed.add(slot.slotId);
      return { kind: "inspected", inspection, isConfirmed };
    } catch (error) {
      this.count("probe", true);
      this.#memory?.forget(slot.slotId);
      const { slotId, path } = slot;
      return {
        kind: "failed",
        error: { code: "slot_uninspectable", slotId, path, detail: asError(error).message },
      };
    }
  }

  #readFacts(slot: Slot, pool: Pool): SlotFacts {
    const paths = this.#memory === undefined ? undefined : new Set<string>();
    const reader = new SlotReader({ paths });
    const startedAt = Date.now();
    const facts = readSlotFacts(reader, slot, pool, this.#readShared(reader, pool));
    const { now } = this.#surroundings;
    if (paths !== undefined) this.#memory?.observe(slot, pool, { facts, paths, startedAt, now });
    return facts;
  }

  #readShared(reader: SlotReader, pool: Pool): SharedParts {
    const shared = this.#shared.get(pool.directory) ?? readSharedParts(reader, pool, this.#packs);
    this.#shared.set(pool.directory, shared);
    return shared;
  }

  isConfirmed(slotId: string): boolean {
    return this.#confirmed.has(slotId);
  }

  /** The same faults were seen twice: they need no third inspection while nothing changes. */
  confirm(slotId: string): void {
    this.#confirmed.add(slotId);
    this.#memory?.confirm(slotId);
  }

  /** Has the slot read in full the next time, because its files are changing. */
  forget(slotId: string): void {
    this.#memory?.forget(slotId);
  }

  count(depth: Depth, hasFailed: boolean): void {
    this.verifications.set(depth, (this.verifications.get(depth) ?? 0) + 1);
    if (hasFailed) this.failures.set(depth, (this.failures.get(depth) ?? 0) + 1);
  }

  /** Lets others run if they have waited long enough. */
  yieldToEventLoop(): Promise<void> {
    return this.#slice.yieldToEventLoop();
  }
}
