import { join } from "node:path";
import { isReallyInside } from "../platform/contained-path.ts";
import { readEntry } from "../platform/regular-file.ts";
import type { Pool, Slot } from "../pool/pool.ts";
import { parsePoolTime } from "../pool/local-time.ts";
import { lastGitActivity, newest, processesInside, type ProcessPlace } from "./activity.ts";
import type { Finding } from "./finding.ts";
import { readGitLocks } from "./git-locks.ts";
import { probeRepository } from "./repository-probe.ts";
import type { SlotInspection } from "./slot-inspection.ts";
import { locateRepository } from "./worktree-links.ts";

export interface InspectionContext {
  readonly pool: Pool;
  readonly now: Date;
  readonly timeZone: string;
  readonly stateDir: string;
  /** Undefined where the processes of this machine cannot be seen. */
  readonly processes: readonly ProcessPlace[] | undefined;
}

/** Gathers the facts that reading files shows; no git process, nothing written. */
export function inspectSlot(slot: Slot, context: InspectionContext): SlotInspection {
  const record = slot.reading.kind === "valid" ? slot.reading.record : undefined;
  const heartbeatAt = readHeartbeat(slot, context);
  const base = {
    slot,
    inspectedAt: context.now,
    gitLocks: [],
    branch: undefined,
    commit: undefined,
    unsupported: undefined,
    heartbeatAt,
    lastActivityAt: heartbeatAt,
    processes: context.processes === undefined ? undefined : processesInside(context.processes, slot.path),
    unsavedWork: undefined,
  };
  const findings = inspectRecord(slot, context.pool);
  const place = inspectPlace(slot, context.pool);
  if (place !== undefined) return { ...base, findings: [...findings, place] };
  const located = locateRepository(slot, context.pool.directory);
  if (located.directories === undefined) return { ...base, findings: [...findings, ...located.findings] };
  const probe = probeRepository(located.directories);
  const remote = probe.unsupported === undefined ? inspectRemote(slot, context.pool, probe.remoteUrl) : [];
  return {
    ...base,
    findings: [...findings, ...located.findings, ...probe.findings, ...remote],
    gitLocks: readGitLocks(located.directories),
    branch: probe.branch ?? record?.currentBranch,
    commit: probe.commit ?? record?.currentCommit,
    unsupported: probe.unsupported,
    lastActivityAt: newest([heartbeatAt, lastGitActivity(located.directories.gitDirectory)]),
  };
}

function inspectRecord(slot: Slot, pool: Pool): Finding[] {
  const at = { path: slot.recordPath, depth: "probe" as const };
  const { reading } = slot;
  if (reading.kind === "missing")
    return [{ ...at, code: "slot_json_missing", expected: "slot.json", found: "nothing" }];
  if (reading.kind === "unreadable")
    return [{ ...at, code: "slot_json_unreadable", expected: "slot.json", found: reading.detail }];
  if (reading.kind === "invalid") {
    return reading.problems.map((problem) => ({
      ...at,
      code: "slot_json_invalid",
      expected: `${problem.field === "" ? "slot.json" : problem.field}: ${problem.expected}`,
      found: problem.found,
    }));
  }
  const { record } = reading;
  const expected: [string, string, string][] = [
    ["slot_id", slot.slotId, record.slotId],
    ["repo_name", pool.repoName, record.repoName],
    ["slot_path", slot.path, record.slotPath],
  ];
  const differing = expected.filter(([field, want, found]) =>
    field === "slot_path" ? !isSamePath(want, found) : want !== found,
  );
  return differing.map(([field, want, found]) => ({
    ...at,
    code: field === "slot_path" ? "slot_path_invalid" : "slot_json_mismatch",
    expected: `${field} ${want}`,
    found: JSON.stringify(found),
  }));
}

function isSamePath(expected: string, found: string): boolean {
  return expected === found || (isReallyInside(expected, found) && isReallyInside(found, expected));
}

/** A slot that is gone, or whose directory leads out of the pool, is not looked into. */
function inspectPlace(slot: Slot, pool: Pool): Finding | undefined {
  const { kind } = readEntry(slot.path);
  const at = { path: slot.path, expected: "the slot's directory", depth: "probe" as const };
  if (kind === "missing") return { ...at, code: "slot_missing", found: "nothing" };
  if (kind !== "directory") return { ...at, code: "slot_path_invalid", found: `a ${kind}` };
  if (!isReallyInside(pool.directory, slot.path))
    return { ...at, code: "slot_path_invalid", found: "a way out of the pool" };
  return undefined;
}

function inspectRemote(slot: Slot, pool: Pool, remoteUrl: string | undefined): Finding[] {
  if (slot.layout === "worktree" || pool.repoUrl === undefined || remoteUrl === undefined) return [];
  if (normalizeUrl(remoteUrl) === normalizeUrl(pool.repoUrl)) return [];
  const path = join(slot.path, ".git", "config");
  return [
    {
      code: "remote_changed",
      path,
      expected: "the pool's repo_url",
      found: "another remote.origin.url",
      depth: "probe",
    },
  ];
}

/** Credentials and a trailing `.git` make no other repository. */
function normalizeUrl(url: string): string {
  return url
    .replace(/^([a-z+]+:\/\/)[^/@]*@/i, "$1")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
}

/** A heartbeat is the mtime of our file, or `metadata.heartbeat_at`. */
function readHeartbeat(slot: Slot, context: InspectionContext): Date | undefined {
  const file = readEntry(join(context.stateDir, "heartbeats", slot.slotId)).stats?.mtime;
  const value = slot.reading.kind === "valid" ? slot.reading.record.metadata["heartbeat_at"] : undefined;
  const recorded = typeof value === "string" ? parsePoolTime(value, context.timeZone)?.instant : undefined;
  return newest([file, recorded]);
}
