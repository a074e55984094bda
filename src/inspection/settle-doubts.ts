import type { MainRepositoryInspection } from "./main-repository.ts";
import { settleDoubts } from "./plumbing.ts";
import type { SlotInspection } from "./slot-inspection.ts";

/** The inspections of one pool with what git settled: of the shared repository once, of each slot that has doubts. */
export async function settleInspections(
  inspections: readonly SlotInspection[],
  timeoutSeconds: number,
): Promise<SlotInspection[]> {
  const mains = new Map<MainRepositoryInspection, MainRepositoryInspection>();
  const settled: SlotInspection[] = [];
  for (const inspection of inspections) {
    const { mainRepository: main, directories, doubts, findings, slot } = inspection;
    if (main !== undefined && !mains.has(main)) mains.set(main, await settleMain(main, timeoutSeconds));
    const mainRepository = main === undefined ? undefined : mains.get(main);
    const context =
      directories === undefined ? undefined : { directories, workTree: slot.path, timeoutSeconds };
    const confirmed = context === undefined ? [] : await settleDoubts(doubts, context);
    settled.push({ ...inspection, mainRepository, doubts: [], findings: [...findings, ...confirmed] });
  }
  return settled;
}

async function settleMain(
  main: MainRepositoryInspection,
  timeoutSeconds: number,
): Promise<MainRepositoryInspection> {
  const directories = { gitDirectory: main.path, commonDirectory: main.path };
  const confirmed = await settleDoubts(main.doubts, { directories, workTree: main.path, timeoutSeconds });
  return { ...main, doubts: [], findings: [...main.findings, ...confirmed] };
}
