import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { DeepDepth } from "../../inspection/deep/deep-check.ts";
import {
  depths,
  unsavedWorkKinds,
  type Depth,
  type Finding,
  type UnsavedWorkKind,
} from "../../inspection/finding.ts";
import { formatJson, writeFileAtomic } from "../../platform/atomic-file.ts";
import { CodedError } from "../../platform/coded-error.ts";
import { readRegularFile } from "../../platform/regular-file.ts";

/** What the deep checks of one slot showed. */
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
  readonly diskBytes: number | undefined;
  readonly worktreeChangedAt: Date | undefined;
}

/** What a watcher knows of one slot that no single look can show. */
export interface SlotKnowledge {
  /** Since when the same reasons have been seen; undefined while nothing is wrong. */
  readonly faulty: { readonly since: Date; readonly reasons: readonly string[] } | undefined;
  readonly deep: DeepKnowledge | undefined;
}

/** The format on disk; a newer one is refused. */
const schemaVersion = 1;
const maxStateBytes = 256 * 1024 * 1024;
/** Findings quote what git said of a slot: longer texts are cut. */
const mostFoundCharacters = 2_000;
const deepDepths = ["connectivity", "full"] as const satisfies readonly DeepDepth[];

/** Where the watcher keeps what it knows. */
export function watchStatePath(stateDir: string): string {
  return join(stateDir, "state.json");
}

/** Empty where nothing is kept, or nothing readable: it is found out again. @throws CodedError `STATE_TOO_NEW` */
export function readWatchState(stateDir: string): Map<string, SlotKnowledge> {
  const path = watchStatePath(stateDir);
  const reading = readRegularFile(path, { maxBytes: maxStateBytes });
  if (reading.kind !== "content") return new Map();
  const state = parseJson(reading.content.toString("utf8"));
  if (!isObject(state)) return new Map();
  const version = state["schema_version"];
  if (typeof version === "number" && version > schemaVersion)
    throw new CodedError(
      "STATE_TOO_NEW",
      `${path} is of format ${version}, this version reads format ${schemaVersion}: run the newer version, or move the file away`,
    );
  const { slots } = state;
  if (version !== schemaVersion || !isObject(slots)) return new Map();
  return new Map(Object.entries(slots).map(([slotId, value]) => [slotId, parseSlot(value)]));
}

/** @throws the system's error where the state directory cannot be written. */
export function writeWatchState(stateDir: string, knowledge: ReadonlyMap<string, SlotKnowledge>): void {
  const slots = [...knowledge].map(([slotId, slot]) => [slotId, formatSlot(slot)] as const);
  const path = watchStatePath(stateDir);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const state = { schema_version: schemaVersion, slots: Object.fromEntries(slots) };
  writeFileAtomic(path, formatJson(state), { mode: 0o600 });
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
      disk_bytes: deep.diskBytes,
      worktree_changed_at: deep.worktreeChangedAt,
    },
  };
}

function parseSlot(value: unknown): SlotKnowledge {
  const slot = isObject(value) ? value : {};
  const since = parseDate(slot["faulty_since"]);
  const reasons = strings(slot["reasons"]);
  return { faulty: since && { since, reasons }, deep: parseDeep(slot["deep"]) };
}

function parseDeep(value: unknown): DeepKnowledge | undefined {
  if (!isObject(value)) return undefined;
  const { disk_bytes: diskBytes, files_digest: filesDigest, findings } = value;
  return {
    checkedAt: parseDates(value["checked_at"]),
    verifiedAt: parseDates(value["verified_at"]),
    findings: (Array.isArray(findings) ? findings : []).flatMap(parseFinding),
    filesDigest: typeof filesDigest === "string" ? filesDigest : undefined,
    unsavedWork: strings(value["unsaved_work"]).flatMap((kind) =>
      unsavedWorkKinds.filter((known) => known === kind),
    ),
    diskBytes: typeof diskBytes === "number" ? diskBytes : undefined,
    worktreeChangedAt: parseDate(value["worktree_changed_at"]),
  };
}

function parseFinding(value: unknown): Finding[] {
  if (!isObject(value)) return [];
  const { code, path, expected, found, is_shared: isShared } = value;
  const depth = depths.find((known) => known === value["depth"]) satisfies Depth | undefined;
  const isWhole =
    typeof code === "string" &&
    typeof path === "string" &&
    typeof expected === "string" &&
    typeof found === "string" &&
    depth !== undefined;
  if (!isWhole) return [];
  return [{ code, path, expected, found, depth, ...(isShared === true ? { isShared } : {}) }];
}

function parseDates(value: unknown): Partial<Record<DeepDepth, Date>> {
  const dates: Partial<Record<DeepDepth, Date>> = {};
  for (const depth of deepDepths) {
    const date = isObject(value) ? parseDate(value[depth]) : undefined;
    if (date !== undefined) dates[depth] = date;
  }
  return dates;
}

function parseDate(value: unknown): Date | undefined {
  const date = typeof value === "string" ? new Date(value) : undefined;
  return date === undefined || Number.isNaN(date.getTime()) ? undefined : date;
}

function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // A torn file is no file.
    return undefined;
  }
}
