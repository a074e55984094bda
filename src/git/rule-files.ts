import { readdirSync, type Dirent } from "node:fs";
import { TimeSlice } from "../platform/time-slice.ts";

/** Git opens these by their names in the directories of a work tree, whatever is there, but follows no link. */
const ruleFiles = [".gitattributes", ".gitignore", ".gitmodules"];

/**
 * FIFOs, sockets and devices in the place of rules in a work tree: git would wait indefinitely for what writes to them. Our
 * git may be given the work tree only if there are none.
 */
export async function listSpecialRuleFiles(workTree: string): Promise<Buffer[]> {
  const slice = new TimeSlice();
  const special: Buffer[] = [];
  const pending: Buffer[] = [Buffer.from(workTree)];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    await slice.yieldToEventLoop();
    for (const entry of listEntries(folder)) {
      const name = entry.name.toString("latin1");
      const path = (): Buffer => Buffer.concat([folder, Buffer.from("/"), entry.name]);
      if (entry.isDirectory()) {
        if (name !== ".git") pending.push(path());
      } else if (ruleFiles.includes(name) && !entry.isFile() && !entry.isSymbolicLink()) special.push(path());
    }
  }
  return special;
}

function listEntries(folder: Buffer): readonly Dirent<Buffer>[] {
  try {
    return readdirSync(folder, { withFileTypes: true, encoding: "buffer" });
  } catch {
    // Removed meanwhile, or not ours to read: git lists nothing there either.
    return [];
  }
}
