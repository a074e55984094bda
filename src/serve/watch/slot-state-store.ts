import type { Snapshot, SlotSnapshot } from "../../anomalies/snapshot.ts";
import { asError } from "../../platform/coded-error.ts";
import type { Logger } from "../../platform/logger.ts";
import { parseSlotId } from "../../pool/slot-id.ts";
import { readWatchState, writeWatchState, type DeepKnowledge, type SlotKnowledge } from "./watch-state.ts";

const nothingKnown: SlotKnowledge = { faulty: undefined, deep: undefined };

/** What `serve` remembers of each slot: in the state directory if that can be written, else in memory alone. */
export class SlotStateStore {
  readonly #stateDir: string;
  readonly #logger: Logger;
  readonly #slots: Map<string, SlotKnowledge>;
  #isSaved = true;
  #hasSaidUnwritable = false;

  /** @throws CodedError `STORED_FILE_NEWER` */
  constructor({ stateDir, logger }: { stateDir: string; logger: Logger }) {
    this.#stateDir = stateDir;
    this.#logger = logger;
    this.#slots = readWatchState(stateDir);
  }

  deep(slotId: string): DeepKnowledge | undefined {
    return this.#slots.get(slotId)?.deep;
  }

  setDeep(slotId: string, deep: DeepKnowledge): void {
    this.#set(slotId, { ...(this.#slots.get(slotId) ?? nothingKnown), deep });
  }

  /** Notes since when each slot is faulty, and forgets the slots that their pools have given up. */
  note(snapshot: Snapshot): Snapshot {
    this.#forgetRemoved(snapshot);
    const pools = snapshot.pools.map((pool) => ({
      ...pool,
      slots: pool.slots.map((slot) => ({ ...slot, faultySince: this.#noteFaults(slot, snapshot.checkedAt) })),
    }));
    return { ...snapshot, pools };
  }

  /** A state directory that cannot be written is logged once, and stops nothing. */
  save(): void {
    if (this.#isSaved) return;
    try {
      writeWatchState(this.#stateDir, this.#slots);
      this.#isSaved = true;
      this.#hasSaidUnwritable = false;
    } catch (error) {
      if (!this.#hasSaidUnwritable) this.#logger.warn({ err: asError(error).message }, "state.unwritable");
      this.#hasSaidUnwritable = true;
    }
  }

  #noteFaults({ slotId, reasons }: SlotSnapshot, now: Date): Date | undefined {
    const known = this.#slots.get(slotId) ?? nothingKnown;
    if (reasons.length === 0) {
      if (known.faulty !== undefined) this.#set(slotId, { ...known, faulty: undefined });
      return undefined;
    }
    const sorted = [...reasons].sort();
    if (known.faulty?.reasons.join() === sorted.join()) return known.faulty.since;
    this.#set(slotId, { ...known, faulty: { since: now, reasons: sorted } });
    return now;
  }

  /** Only of pools that could be read: one that cannot be is not known to have given up anything. */
  #forgetRemoved({ pools, sources = [] }: Snapshot): void {
    const present = new Set(pools.flatMap(({ slots }) => slots.map(({ slotId }) => slotId)));
    const readable = new Set(pools.filter(({ isUp }) => isUp).map(({ repoName }) => repoName));
    const wholes = [...sources.map(({ isReadable }) => isReadable), ...pools.map(({ isUp }) => isUp)];
    const hasEnded = (slotId: string): boolean => {
      const repoName = parseSlotId(slotId)?.repoName;
      return repoName === undefined ? !wholes.includes(false) : readable.has(repoName);
    };
    for (const slotId of this.#slots.keys()) {
      if (present.has(slotId) || !hasEnded(slotId)) continue;
      this.#slots.delete(slotId);
      this.#isSaved = false;
    }
  }

  #set(slotId: string, knowledge: SlotKnowledge): void {
    this.#slots.set(slotId, knowledge);
    this.#isSaved = false;
  }
}
