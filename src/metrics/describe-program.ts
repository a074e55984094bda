import { sidecarMetrics } from "./catalogue.ts";
import type { Instruments } from "./instruments.ts";

export interface ProgramFacts {
  readonly version: string;
  /** The commit that the program was built from, if it is known. */
  readonly revision?: string;
  /** How people reach the page; its last slash is left out. */
  readonly externalUrl?: string | undefined;
}

/** The series that say which program is scraped and where its page is. */
export function describeProgram(
  instruments: Instruments,
  { version, revision = "", externalUrl }: ProgramFacts,
): void {
  instruments.set(sidecarMetrics.buildInfo, 1, { version, revision, node_version: process.version });
  if (externalUrl !== undefined)
    instruments.set(sidecarMetrics.webInfo, 1, { url: externalUrl.replace(/\/+$/, "") });
}
