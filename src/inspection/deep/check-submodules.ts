import { relative } from "node:path";
import type { Finding } from "../finding.ts";
import type { SlotInspection } from "../slot-inspection.ts";
import { listSubmoduleRepositories, ofSubmodule } from "../probe/submodules.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { checkDeep, type DeepCheck, type DeepCheckOptions } from "./deep-check.ts";

/** Checks the repository of each submodule of a slot, those in submodules included: its damage is the slot's. */
export async function checkSubmodules(
  { slot, directories }: SlotInspection,
  options: DeepCheckOptions,
): Promise<DeepCheck> {
  if (directories === undefined) return { kind: "checked", findings: [] };
  const { gitDirectory } = directories;
  const findings: Finding[] = [];
  for (const path of listSubmoduleRepositories(uncachedReader, gitDirectory, slot.path)) {
    const check = await checkDeep({ gitDirectory: path, commonDirectory: path }, options);
    if (check.kind === "unchecked") return { ...check, detail: `${path}: ${check.detail}` };
    findings.push(...check.findings.map((each) => ofSubmodule(each, relative(gitDirectory, path))));
  }
  return { kind: "checked", findings };
}
