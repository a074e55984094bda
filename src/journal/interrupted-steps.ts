import { parseProcessIdentity, type ProcessIdentity } from "../platform/process-identity.ts";
import type { JournalEntry } from "./journal-entry.ts";

/** A step that was begun and of which no outcome is known: its process was killed, or its journal could not be written. */
export interface InterruptedStep {
  readonly intent: JournalEntry;
  /** What the step noted while it ran, in its order. */
  readonly notes: readonly Readonly<Record<string, unknown>>[];
}

export function findInterruptedSteps(entries: readonly JournalEntry[]): InterruptedStep[] {
  const open = new Map<string, InterruptedStep>();
  for (const entry of entries) {
    const { step_id: stepId, kind, mode } = entry;
    if (stepId === undefined || mode !== "live") continue;
    const before = open.get(stepId);
    if (kind === "intent") open.set(stepId, { intent: entry, notes: [] });
    else if (kind === "outcome") open.delete(stepId);
    else if (kind === "note" && before !== undefined)
      open.set(stepId, { ...before, notes: [...before.notes, entry.data ?? {}] });
  }
  return [...open.values()];
}

/** A run whose end is not in the journal, and what it started. */
export interface UnfinishedRun {
  readonly recoveryId: string;
  /** Undefined if the line does not say. */
  readonly owner: ProcessIdentity | undefined;
  /** Leaders of the process groups of its git commands. */
  readonly processGroups: readonly ProcessIdentity[];
}

export function findUnfinishedRuns(entries: readonly JournalEntry[]): UnfinishedRun[] {
  const open = new Map<string, UnfinishedRun>();
  for (const { kind, mode, recovery_id: recoveryId, data } of entries) {
    if (mode !== "live") continue;
    const before = open.get(recoveryId);
    if (kind === "run_started")
      open.set(recoveryId, { recoveryId, owner: parseProcessIdentity(data?.["owner"]), processGroups: [] });
    else if (kind === "run_finished") open.delete(recoveryId);
    else if (kind === "note" && before !== undefined) {
      const group = parseProcessIdentity(data?.["process_group"]);
      if (group !== undefined)
        open.set(recoveryId, { ...before, processGroups: [...before.processGroups, group] });
    }
  }
  return [...open.values()];
}
