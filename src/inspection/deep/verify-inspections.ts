import { join } from "node:path";
import { findRefusedSettings } from "../../git/config/refused-settings.ts";
import { withScratchCopy, type ScratchRepository } from "../../git/scratch/scratch-repository.ts";
import type { GitDirectories } from "../../git/git-directory.ts";
import { CodedError } from "../../platform/coded-error.ts";
import type { UnverifiedFinding, Finding } from "../finding.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { MainRepositoryInspection } from "../probe/main-repository.ts";
import type { SlotInspection } from "../slot-inspection.ts";

/** The inspections of one pool with what git settled: of the main repository once, of each slot that has unverified. */
export async function verifyInspections(
  inspections: readonly SlotInspection[],
  timeoutSeconds: number,
): Promise<SlotInspection[]> {
  const mains = new Map<MainRepositoryInspection, MainRepositoryInspection>();
  const settled: SlotInspection[] = [];
  for (const inspection of inspections) {
    const { mainRepository: main, directories, unverified, findings, slot } = inspection;
    if (main !== undefined && !mains.has(main)) mains.set(main, await settleMain(main, timeoutSeconds));
    const mainRepository = main === undefined ? undefined : mains.get(main);
    const context =
      directories === undefined ? undefined : { directories, workTree: slot.path, timeoutSeconds };
    const confirmed = context === undefined ? [] : await verifyWithGit(unverified, context);
    settled.push({ ...inspection, mainRepository, unverified: [], findings: [...findings, ...confirmed] });
  }
  return settled;
}

async function settleMain(
  main: MainRepositoryInspection,
  timeoutSeconds: number,
): Promise<MainRepositoryInspection> {
  const directories = { gitDirectory: main.path, commonDirectory: main.path };
  const confirmed = await verifyWithGit(main.unverified, {
    directories,
    workTree: main.path,
    timeoutSeconds,
  });
  return { ...main, unverified: [], findings: [...main.findings, ...confirmed] };
}

interface VerificationContext {
  readonly directories: GitDirectories;
  readonly workTree: string;
  readonly timeoutSeconds: number;
}

/** A copy is made file by file while git may be at work in the slot: what only one of two shows is no fault. */
const copyCount = 2;

/** The findings among these unverified that git confirms, asked of a scratch copy. What it cannot answer is no fault. */
async function verifyWithGit(
  unverified: readonly UnverifiedFinding[],
  context: VerificationContext,
): Promise<Finding[]> {
  const ofSettings = unverified.filter(({ question }) => question === "are_settings_refused");
  const refused = await findRefused(ofSettings);
  const others = unverified.filter((each) => !ofSettings.includes(each));
  const confirmed: Finding[] = [];
  for (const directories of new Set(others.map((each) => each.directories)))
    confirmed.push(
      ...(await confirm(
        others.filter((each) => each.directories === directories),
        { ...context, directories: directories ?? context.directories },
      )),
    );
  return [...refused, ...confirmed];
}

/** Those of one repository. */
async function confirm(
  unverified: readonly UnverifiedFinding[],
  context: VerificationContext,
): Promise<Finding[]> {
  let remaining = unverified;
  try {
    for (let copy = 0; copy < copyCount && remaining.length > 0; copy++)
      remaining = await verifyFindings(remaining, context);
    return remaining.map(({ finding }) => finding);
  } catch (error) {
    if (error instanceof CodedError) return [];
    throw error;
  }
}

/** A finding for each setting that git refuses. */
async function findRefused(unverified: readonly UnverifiedFinding[]): Promise<Finding[]> {
  const findings: Finding[] = [];
  for (const { finding, settings = [] } of unverified)
    for (const { name, value, line, why } of await findRefusedSettings({ settings })) {
      const setting = value === undefined ? name : `${name} = ${value}`;
      findings.push({ ...finding, found: `${JSON.stringify(setting)} in line ${line}: ${why}` });
    }
  return findings;
}

function verifyFindings(
  unverified: readonly UnverifiedFinding[],
  context: VerificationContext,
): Promise<UnverifiedFinding[]> {
  return withScratchCopy(
    context.directories,
    async (scratch) => {
      const confirmed: UnverifiedFinding[] = [];
      const answers = new Map<string, boolean>();
      for (const candidate of unverified) {
        const asked = `${candidate.question} ${candidate.commit ?? ""}`;
        const isFault = answers.get(asked) ?? (await answer(candidate, scratch, context.workTree));
        answers.set(asked, isFault);
        if (isFault) confirmed.push(candidate);
      }
      return confirmed;
    },
    { timeoutSeconds: context.timeoutSeconds },
  );
}

/** True if the answer is a fault. */
async function answer(
  { question, commit = "HEAD" }: UnverifiedFinding,
  scratch: ScratchRepository,
  workTree: string,
): Promise<boolean> {
  const ask = (args: readonly string[]) => scratch.run(args);
  switch (question) {
    case "are_tracked_files_here": {
      const listed = await ask(["ls-tree", "-z", "--name-only", "HEAD"]);
      const names = listed.kind === "done" ? listed.stdout.split("\0").filter((name) => name !== "") : [];
      return names.some((name) => uncachedReader.readEntry(join(workTree, name)).kind !== "missing");
    }
    case "are_borrowed_objects_needed":
      return (await ask(["rev-list", "--objects", "--quiet", "--all", "HEAD"])).kind === "failed";
    case "are_settings_refused":
      return false;
    case "is_commit_whole":
      return (await ask(["cat-file", "-e", `${commit}^{tree}`])).kind === "failed";
  }
}
