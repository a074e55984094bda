import type { MainRepositoryInspection } from "../probe/main-repository.ts";
import { verifyWithGit } from "./verify-with-git.ts";
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
