import { checkDeep, checkSharedDeep, type DeepCheck, type DeepCheckOptions } from "./deep-check.ts";
import { findClosedDirectories, measureDiskUsage, type DiskUsage } from "../disk-usage.ts";
import type { Finding, FindingCode, UnsavedWorkKind } from "../finding.ts";
import { allFindings } from "../probe/main-repository.ts";
import { describeClosed } from "../rights.ts";
import { holdsRecord } from "../../pool/layouts/layout.ts";
import type { SlotInspection } from "../slot-inspection.ts";
import { createDisregard } from "./disregarded-files.ts";
import { checkSubmodules } from "./check-submodules.ts";
import { readUnsavedWork } from "./unsaved-work.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** The slots whose objects are in one store: one of a clone pool, all of a worktree pool, or a checkout with its work trees. */
export interface StoreGroup {
  readonly commonDirectory: string;
  readonly members: readonly SlotInspection[];
}

/** What a deep check of one slot found. */
export interface DeepInspection {
  readonly slotId: string;
  readonly check: DeepCheck;
  readonly unsavedWork: readonly UnsavedWorkKind[];
  readonly diskBytes: number | undefined;
  readonly worktreeChangedAt: Date | undefined;
}

/** Facts about a slot beside which git can read its repository as ever: some of them are no fault at all. */
const codesBesideGit: readonly FindingCode[] = [
  "slot_path_invalid",
  "slot_json_missing",
  "slot_json_unreadable",
  "slot_json_invalid",
  "slot_json_mismatch",
  "state_error",
  "head_branch_unborn",
  "remote_changed",
  "git_lock_stale",
  "ownership",
];

/** Slots whose repository git can read as far as the first sight shows, by store: each of the others is named as broken. */
export function groupByStore(inspections: readonly SlotInspection[]): StoreGroup[] {
  const groups = new Map<string, SlotInspection[]>();
  for (const inspection of inspections) {
    const { directories, mainRepository, unsupported } = inspection;
    const isBlind = [inspection, mainRepository].some((facts) => facts?.isBlind === true);
    const isHindered = allFindings(inspection).some(
      ({ code, isOwnersChoice = false }) => !codesBesideGit.includes(code) && !isOwnersChoice,
    );
    if (directories === undefined || unsupported !== undefined || isHindered || isBlind) continue;
    const members = groups.get(directories.commonDirectory) ?? [];
    groups.set(directories.commonDirectory, [...members, inspection]);
  }
  return [...groups].map(([commonDirectory, members]) => ({ commonDirectory, members }));
}

/** What a deep check finds that looks for faults alone. */
export type FaultInspection = Pick<DeepInspection, "slotId" | "check">;

/** Checks a store once, and walks through the directories of each of its slots. */
export async function inspectFaults(
  group: StoreGroup,
  options: DeepCheckOptions,
): Promise<FaultInspection[]> {
  const checks = await checkGroup(group, options);
  const inspected: FaultInspection[] = [];
  for (const member of group.members) {
    const rights = describeRights(await findClosedDirectories(member.slot, options.signal));
    inspected.push(await inspectMember(member, { checks, rights, options }));
  }
  return inspected;
}

/** The same, and looks for the unsaved work of each of the slots, and for its size. */
export async function inspectDeep(group: StoreGroup, options: DeepCheckOptions): Promise<DeepInspection[]> {
  const checks = await checkGroup(group, options);
  const inspected: DeepInspection[] = [];
  for (const member of group.members) {
    const usage = await readUsage(member, options);
    const faults = await inspectMember(member, { checks, rights: describeRights(usage), options });
    const unsavedWork = await findUnsavedWork(member, options);
    const { bytes: diskBytes, worktreeChangedAt } = usage ?? {};
    inspected.push({ ...faults, diskBytes, worktreeChangedAt, unsavedWork });
  }
  return inspected;
}

/** How long a slot without a record has been idle, each of its files tells. */
function readUsage(
  { slot }: SlotInspection,
  { measuresSizes = true, signal }: DeepCheckOptions,
): Promise<(Pick<DiskUsage, "owner" | "closed"> & Partial<DiskUsage>) | undefined> {
  const isMeasured = measuresSizes || slot.reading.kind === "unrecorded";
  return isMeasured ? measureDiskUsage(slot, signal) : findClosedDirectories(slot, signal);
}

async function inspectMember(
  member: SlotInspection,
  {
    checks,
    rights,
    options,
  }: { checks: ReadonlyMap<string, DeepCheck>; rights: readonly Finding[]; options: DeepCheckOptions },
): Promise<FaultInspection> {
  const { slotId } = member.slot;
  const check = joinChecks(
    checks.get(slotId) ?? { kind: "unchecked", detail: "the check ended before this slot" },
    await checkSubmodules(member, options),
  );
  return { slotId, check: withRights(check, rights, member) };
}

/** Whatever could not be read is `unknown`. */
export async function findUnsavedWork(
  { slot, directories }: SlotInspection,
  { remadeNames = [], ...options }: Omit<DeepCheckOptions, "depth">,
): Promise<readonly UnsavedWorkKind[]> {
  if (directories === undefined || !uncachedReader.isDirectory(slot.path)) return ["unknown"];
  const isRecorded = slot.reading.kind !== "unrecorded";
  const disregard = isRecorded ? undefined : createDisregard(directories, remadeNames);
  return readUnsavedWork(directories, slot.path, { ...options, disregard, holdsRecord: holdsRecord(slot) });
}

function describeRights(seen: Pick<DiskUsage, "owner" | "closed"> | undefined): readonly Finding[] {
  return seen?.owner === undefined ? [] : describeClosed(seen.owner, seen.closed, "full");
}

/** Adds missing rights, once for each slot: not if its probe has reported some. */
function withRights(check: DeepCheck, rights: readonly Finding[], { findings }: SlotInspection): DeepCheck {
  if (check.kind === "unchecked" || findings.some(({ code }) => code === "ownership")) return check;
  return { ...check, findings: [...check.findings, ...rights] };
}

async function checkGroup(group: StoreGroup, options: DeepCheckOptions): Promise<Map<string, DeepCheck>> {
  const { commonDirectory, members } = group;
  const worktrees = members.flatMap(({ slot, directories }) =>
    directories === undefined || directories.gitDirectory === commonDirectory
      ? []
      : [{ slotId: slot.slotId, admin: directories.gitDirectory }],
  );
  if (worktrees.length === 0) {
    const check = await checkDeep({ gitDirectory: commonDirectory, commonDirectory }, options);
    return new Map(members.map(({ slot }) => [slot.slotId, check]));
  }
  const admins = worktrees.map(({ admin }) => admin);
  const { shared, main, byWorktree } = await checkSharedDeep(commonDirectory, admins, options);
  // A source may watch the repository's own work tree too: its HEAD and index were read with the store.
  const checks = new Map(members.map(({ slot }) => [slot.slotId, asOwn(main)]));
  for (const { slotId, admin } of worktrees) checks.set(slotId, joinChecks(shared, byWorktree.get(admin)));
  return checks;
}

/** What is wrong with a store is the fault of the checkout that it belongs to. */
function asOwn(shared: DeepCheck): DeepCheck {
  if (shared.kind === "unchecked") return shared;
  return { ...shared, findings: shared.findings.map((finding) => ({ ...finding, isShared: false })) };
}

function joinChecks(shared: DeepCheck, own: DeepCheck | undefined): DeepCheck {
  if (shared.kind === "unchecked") return shared;
  // Findings are reported even if they are incomplete.
  if (own?.kind !== "checked") return shared.findings.length > 0 ? shared : (own ?? shared);
  const findings: Finding[] = [...own.findings, ...shared.findings];
  return { kind: "checked", findings };
}
