import { configFaults } from "./config.ts";
import type { Fault } from "./fault.ts";
import { indexFaults, largestFault } from "./index-file.ts";
import { linkFaults, ownWorktreeFaults } from "./links.ts";
import { lockFaults } from "./locks.ts";
import { metadataFaults } from "./metadata.ts";
import { objectFaults } from "./objects.ts";
import { packFaults, wholePackFaults } from "./packs.ts";
import { headFaults, refFaults } from "./refs.ts";
import { submoduleFaults } from "./submodules.ts";
import { runsInFull } from "../sample.ts";

/** The fault catalogue: everything that this program claims to detect, each injected for real. */
export const faults: readonly Fault[] = [
  ...metadataFaults,
  ...headFaults,
  ...refFaults,
  ...objectFaults,
  ...packFaults,
  ...wholePackFaults,
  ...indexFaults,
  ...configFaults,
  ...linkFaults,
  ...ownWorktreeFaults,
  ...submoduleFaults,
  ...lockFaults,
];

/** Those that `npm test` takes its samples from: what takes minutes is left to a full run. */
export const sampledFaults = runsInFull ? faults : faults.filter(({ name }) => name !== largestFault);

/** @throws if the catalogue has no fault of that name. */
export function faultNamed(name: string): Fault {
  const found = faults.find((candidate) => candidate.name === name);
  if (found === undefined) throw new Error(`no fault is named ${name}`);
  return found;
}
