import { join } from "node:path";
import type { DeepDepth } from "../../inspection/deep/deep-check.ts";
import {
  depths,
  findingCodes,
  unsavedWorkKinds,
  type Finding,
  type UnsavedWorkKind,
} from "../../inspection/finding.ts";
import {
  asFields,
  asList,
  asNumber,
  asOneOf,
  asText,
  asTexts,
  asTime,
  type StoredFields,
} from "../../platform/stored-fields.ts";
import { readStoredFile, writeStoredFile, type StoredFormat } from "../../platform/stored-file.ts";

/** What the deep checks of one slot found. */
export interface DeepKnowledge {
  /** When the last check of each depth ended, whatever it found. */
  readonly checkedAt: Readonly<Partial<Record<DeepDepth, Date>>>;
  /** When the last check of each depth ended that found nothing. */
  readonly verifiedAt: Readonly<Partial<Record<DeepDepth, Date>>>;
  /** Faults that only a deep check sees; known until the next one. */
  readonly findings: readonly Finding[];
  /** Of the files that a repair would change, as they were when the faults were found. */
  readonly filesDigest: string | undefined;
  readonly unsavedWork: readonly UnsavedWorkKind[];
  /** When the search for it began; undefined if there was none. */
  readonly unsavedWorkSeenAt: Date | undefined;
  readonly diskBytes: number | undefined;
  readonly worktreeChangedAt: Date | undefined;
}

/** What `serve` remembers of one slot that a single inspection cannot show. */
export interface SlotKnowledge {
  /** Since when the same reasons have been seen; undefined while nothing is wrong. */
  readonly faulty: { readonly since: Date; readonly reasons: readonly string[] } | undefined;
  readonly deep: DeepKnowledge | undefined;
}

/** Findings quote what git said of a slot: longer texts are cut. */
const mostFoundCharacters = 2_000;
const deepDepths = ["connectivity", "full"] as const satisfies readonly DeepDepth[];

export type WatchState = ReadonlyMap<string, SlotKnowledge>;

export const watchStateFormat: StoredFormat<WatchState> = {
  name: "what the watcher knows",
  version: 1,
  maxBytes: 256 * 1024 * 1024,
  parse({ slots }) {
    const bySlotId = asFields(slots);
    if (bySlotId === undefined) return undefined;
    return new Map(Object.entries(bySlotId).map(([slotId, value]) => [slotId, parseSlot(value)]));
  },
  format: (state) => ({
    slots: Object.fromEntries([...state].map(([slotId, slot]) => [slotId, formatSlot(slot)])),
  }),
};

/** The file of what `serve` remembers. */
function watchStatePath(stateDir: string): string {
  return join(stateDir, "state.json");
}

/** Empty if nothing is kept, or nothing readable: it is found out again. @throws CodedError `STORED_FILE_NEWER` */
export function readWatchState(stateDir: string): Map<string, SlotKnowledge> {
  const reading = readStoredFile(watchStatePath(stateDir), watchStateFormat);
  return new Map(reading.kind === "stored" ? reading.value : []);
}

/** @throws the system's error if the state directory cannot be written; CodedError `STORED_FILE_NEWER` */
export function writeWatchState(stateDir: string, knowledge: WatchState): void {
  writeStoredFile(watchStatePath(stateDir), watchStateFormat, knowledge);
}

/** Dates become ISO 8601 in UTC by themselves. */
function formatSlot({ faulty, deep }: SlotKnowledge): object {
  return {
    faulty_since: faulty?.since,
    reasons: faulty?.reasons,
    deep: deep && {
      checked_at: deep.checkedAt,
      verified_at: deep.verifiedAt,
      findings: deep.findings.map(({ isShared, ...finding }) => ({
        ...finding,
        found: finding.found.slice(0, mostFoundCharacters),
        is_shared: isShared,
      })),
      files_digest: deep.filesDigest,
      unsaved_work: deep.unsavedWork,
      unsaved_work_seen_at: deep.unsavedWorkSeenAt,
      disk_bytes: deep.diskBytes,
      worktree_changed_at: deep.worktreeChangedAt,
    },
  };
}

function parseSlot(value: unknown): SlotKnowledge {
  const { faulty_since: faultySince, reasons, deep } = asFields(value) ?? {};
  const since = asTime(faultySince);
  return { faulty: since && { since, reasons: asTexts(reasons) }, deep: parseDeep(asFields(deep)) };
}

function parseDeep(fields: StoredFields | undefined): DeepKnowledge | undefined {
  if (fields === undefined) return undefined;
  return {
    checkedAt: parseDates(fields["checked_at"]),
    verifiedAt: parseDates(fields["verified_at"]),
    findings: (asList(fields["findings"]) ?? []).flatMap(parseFinding),
    filesDigest: asText(fields["files_digest"]),
    unsavedWork: asTexts(fields["unsaved_work"]).flatMap((kind) => asOneOf(unsavedWorkKinds, kind) ?? []),
    unsavedWorkSeenAt: asTime(fields["unsaved_work_seen_at"]),
    diskBytes: asNumber(fields["disk_bytes"]),
    worktreeChangedAt: asTime(fields["worktree_changed_at"]),
  };
}

/** A finding whose code or depth this program does not know is left out: the next deep check finds it again. */
function parseFinding(value: unknown): Finding[] {
  const fields = asFields(value);
  const code = asOneOf(findingCodes, fields?.["code"]);
  const depth = asOneOf(depths, fields?.["depth"]);
  const [path, expected, found] = [fields?.["path"], fields?.["expected"], fields?.["found"]].map(asText);
  if (code === undefined || depth === undefined) return [];
  if (path === undefined || expected === undefined || found === undefined) return [];
  return [
    { code, path, expected, found, depth, ...(fields?.["is_shared"] === true ? { isShared: true } : {}) },
  ];
}

function parseDates(value: unknown): Partial<Record<DeepDepth, Date>> {
  const dates: Partial<Record<DeepDepth, Date>> = {};
  for (const depth of deepDepths) {
    const date = asTime(asFields(value)?.[depth]);
    if (date !== undefined) dates[depth] = date;
  }
  return dates;
}
