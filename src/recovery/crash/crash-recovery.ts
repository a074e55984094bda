import { join } from "node:path";
import { withGitScope } from "../../git/run/git-scope.ts";
import {
  findInterruptedSteps,
  findUnfinishedRuns,
  type InterruptedStep,
  type UnfinishedRun,
} from "../../journal/interrupted-steps.ts";
import type { Journal } from "../../journal/journal.ts";
import { acquireLockOfSlot } from "../../pool/locks/slot-lock.ts";
import type { Clock } from "../../platform/clock.ts";
import { asError } from "../../platform/coded-error.ts";
import { formatProcessIdentity, identifyProcess } from "../../platform/process-identity.ts";
import { isInside } from "../../platform/contained-path.ts";
import { asTexts } from "../../platform/stored-fields.ts";
import { removeAbandonedTemporaryDirectories } from "../../platform/temporary-directory.ts";
import { isSlotId, parseSlotId } from "../../pool/slot-id.ts";
import { mainRepositoryPath } from "../../pool/layouts/layout.ts";
import { moveToQuarantine } from "../../salvage/quarantine.ts";
import { removeAbandoned } from "../../salvage/abandoned-salvage.ts";
import { forgetReturned } from "../../salvage/reclaimed-slot.ts";
import { listKeptFolders } from "../../salvage/salvage-store.ts";
import type { ActionResult } from "../execute/recovery-context.ts";
import { reclaimActions } from "../recovery-action.ts";
import { ReportBuilder } from "../execute/report-builder.ts";
import type { NamedSlot } from "../plan/slot-facts.ts";
import { endOrphans } from "./end-orphans.ts";
import type { FinishedRelease } from "./finish-release.ts";
import { knownGoodDirectory } from "../../inspection/memory/known-good.ts";
import {
  findTemporaryFiles,
  findTemporaryFilesIn,
  removeConstruction,
  removeHalfCopies,
} from "./remove-leftovers.ts";
import { settleStep } from "./settle-step.ts";
import { quarantineDirectory, salvageDirectory } from "../../salvage/kept-directories.ts";

export interface CrashRecoveryOptions {
  readonly workspacesDir: string;
  readonly stateDir: string;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly lockTimeoutSeconds: number;
  /** The slot's lock is held. */
  readonly finishRelease: (slot: NamedSlot) => Promise<FinishedRelease>;
}

const orphanPollMilliseconds = 50;
const mostOrphanPolls = 100;

/**
 * Before anything else is done: ends what killed runs left running, and finishes or undoes each step that they left
 * between intent and outcome. The run lock is held. A slot whose lock is held keeps its step open for the next run.
 * @returns what could not be settled, one sentence each.
 */
export async function recoverFromCrash(options: CrashRecoveryOptions): Promise<string[]> {
  const { journal, clock } = options;
  const entries = journal.read();
  const runs = findUnfinishedRuns(entries);
  for (let poll = 0; endOrphans(runs) && poll < mostOrphanPolls; poll++)
    await clock.sleep(orphanPollMilliseconds);
  removeAbandonedTemporaryDirectories();
  removeHalfCopies(knownGoodDirectory(options.stateDir), clock.now());
  const open = new Set<string>();
  const unsettled = removeHalves(options);
  for (const step of findInterruptedSteps(entries)) {
    const failure = await trySettle(step, options);
    if (failure === undefined) continue;
    open.add(step.intent.recovery_id);
    unsettled.push(
      `${step.intent.slot_id ?? "a step"}: an interrupted ${step.intent.action ?? ""}: ${failure}`,
    );
  }
  for (const run of runs.filter(({ recoveryId }) => !open.has(recoveryId))) closeRun(run, options);
  return unsettled;
}

/** What dead processes left half saved or half removed, also those that keep no journal, such as a release. */
function removeHalves({ stateDir, clock }: CrashRecoveryOptions): string[] {
  return [salvageDirectory(stateDir), quarantineDirectory(stateDir)].flatMap((directory) => {
    try {
      removeAbandoned(directory, clock.now());
      return [];
    } catch (error) {
      return [`what is half written in ${directory} cannot be removed: ${asError(error).message}`];
    }
  });
}

/** One slot that cannot be settled must not hide the others. @returns why it cannot. */
async function trySettle(step: InterruptedStep, options: CrashRecoveryOptions): Promise<string | undefined> {
  try {
    return await settleUnderLock(step, options);
  } catch (error) {
    return asError(error).message;
  }
}

/** Not while the slot's lock is held: its holder must not see the slot change. */
async function settleUnderLock(
  step: InterruptedStep,
  options: CrashRecoveryOptions,
): Promise<string | undefined> {
  const { clock, lockTimeoutSeconds } = options;
  const slotId = step.intent.slot_id ?? "";
  // A lock of no slot is moved while it is held: there is no other to take.
  if (step.intent.action === "move_slot_lock" || !isSlotId(slotId)) {
    conclude(step, options, { done: settle(step, options) });
    return undefined;
  }
  const lock = await acquireLockOfSlot(slotId, options, { timeoutSeconds: lockTimeoutSeconds, clock });
  if (lock.kind === "busy") return lock.detail;
  try {
    const done = settle(step, options);
    const { action, recovery_id: recoveryId } = step.intent;
    const scope = { inheritedDescriptors: [lock.descriptor], recoveryId, onStarted: noteOf(step, options) };
    const finished =
      action === "release"
        ? await withGitScope(scope, () =>
            options.finishRelease({ slotId, repoName: parseSlotId(slotId)?.repoName ?? "" }),
          )
        : undefined;
    if (finished?.kind === "waiting") return finished.detail;
    conclude(step, options, { done, end: finished?.end });
    return undefined;
  } finally {
    lock.release();
  }
}

/** Commands that finish a step are recorded under that step, so a later kill ends them with it. */
function noteOf({ intent }: InterruptedStep, { journal, clock }: CrashRecoveryOptions) {
  const { recovery_id, trigger, mode, step_id } = intent;
  return (pid: number): void => {
    const group = identifyProcess(pid);
    if (group === undefined || step_id === undefined) return;
    const data = { process_group: formatProcessIdentity(group) };
    journal.append({ kind: "note", recovery_id, trigger, mode, step_id, data }, clock.now());
  };
}

/** @returns what was done, for the journal. */
function settle(step: InterruptedStep, options: CrashRecoveryOptions): string[] {
  const { stateDir, workspacesDir } = options;
  const done = settleStep(step, { stateDir, workspacesDir, places: asTexts(step.intent.data?.["places"]) });
  const stamp = step.intent.data?.["stamp"];
  if (typeof stamp === "string" && stamp.length >= shortestStamp) removeConstruction(stateDir, stamp);
  moveTemporaryFiles(step, options);
  const quarantine = quarantineDirectory(stateDir);
  // Nothing is kept once everything is back.
  if (reclaimActions.has(step.intent.action ?? ""))
    for (const name of listKeptFolders(quarantine)) forgetReturned(join(quarantine, name));
  return done;
}

function conclude(
  { intent }: InterruptedStep,
  { journal, clock }: CrashRecoveryOptions,
  { done, end }: { done: readonly string[]; end?: ActionResult | undefined },
): void {
  const { recovery_id, trigger, mode, repo_name, slot_id, step_id, action } = intent;
  const about = { recovery_id, trigger, mode, repo_name, slot_id, step_id, action };
  const what = [...done, ...(end === undefined ? [] : [end.detail])].join("; ");
  const detail = what === "" ? "nothing was left to finish or undo" : what;
  journal.append(
    {
      ...{ ...about, kind: "outcome", outcome: end?.outcome ?? "failed", reason: "interrupted" },
      salvage_id: end?.salvageId,
      detail: `the program ended during the step: ${detail}`,
    },
    clock.now(),
  );
}

/** An empty stamp would be the beginning of every name. */
const shortestStamp = 20;

/** Ours by their names, but an agent may use the same form: moved, not deleted. */
function moveTemporaryFiles({ intent }: InterruptedStep, options: CrashRecoveryOptions): void {
  const { stateDir, clock } = options;
  const stamp = `${clock.now().toISOString().replace(/[:.]/g, "-")}-interrupted`;
  const slotId = intent.slot_id ?? "";
  for (const { files, within } of findTemporaryFilesOf(intent, options))
    for (const file of new Set(files))
      moveToQuarantine(file, { stateDir, stamp, slotId, within, note: () => undefined });
}

function findTemporaryFilesOf(
  { slot_id: slotId = "", data }: InterruptedStep["intent"],
  { workspacesDir }: CrashRecoveryOptions,
): { readonly files: readonly string[]; readonly within: string }[] {
  const slot = parseSlotId(slotId);
  if (slot === undefined)
    return asTexts(data?.["places"]).map((within) => ({ files: findTemporaryFilesIn(within), within }));
  const poolDirectory = join(workspacesDir, slot.repoName);
  if (!isInside(workspacesDir, poolDirectory)) return [];
  const home = join(poolDirectory, `slot${slot.number}`);
  const workTree = join(poolDirectory, "worktrees", `slot${slot.number}`);
  const places = [
    { slotPath: home, gitDirectories: [join(home, ".git")] },
    { slotPath: workTree, gitDirectories: [mainRepositoryPath(poolDirectory)] },
  ];
  const files = places.flatMap((place) =>
    findTemporaryFiles({ ...place, recordPath: join(home, "slot.json"), poolDirectory }),
  );
  return [{ files, within: poolDirectory }];
}

/** The open steps of an interrupted run count as failed, once, except a release that was finished. */
function closeRun({ recoveryId }: UnfinishedRun, { journal, clock }: CrashRecoveryOptions): void {
  const own = journal.read().filter(({ recovery_id }) => recovery_id === recoveryId);
  const started = own.find(({ kind }) => kind === "run_started");
  if (started === undefined) return;
  const report = new ReportBuilder();
  for (const { kind, outcome, reason, repo_name: repoName = "", detail = "" } of own) {
    if (kind !== "outcome" || reason !== "interrupted") continue;
    if (outcome === "done") report.count(repoName, "longAllocatedReleased");
    else report.addError(repoName, detail);
  }
  const { trigger, mode } = started;
  const data = { results: report.resultsByPool(), interrupted: true };
  journal.append({ kind: "run_finished", recovery_id: recoveryId, trigger, mode, data }, clock.now());
}

/** For a run that waits for the run lock: its holder may be dead, and only its git commands still hold it. */
export function endOrphansOf(journal: Journal): void {
  try {
    endOrphans(findUnfinishedRuns(journal.read()));
  } catch (error) {
    throw new Error(`cannot end what a killed run left running: ${asError(error).message}`, { cause: error });
  }
}
