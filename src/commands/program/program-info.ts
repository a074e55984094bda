import { basename, delimiter, dirname } from "node:path";
import { shellWord } from "../../platform/shell-word.ts";

/** What this program was built from and runs on. */
export interface ProgramInfo {
  readonly version: string;
  /** The commit that the program was built from; `unknown` if it was built outside a checkout. */
  readonly revision: string;
  /** Without the leading `v`. */
  readonly nodeVersion: string;
  /** `linux/x64` and the like. */
  readonly platform: string;
  /** The runbooks that come with the program. */
  readonly runbooksDir: string;
  /** How a shell of any directory starts the program. */
  readonly invocation: string;
}

/** The program's name if it suffices, else its file: a clone is not on the PATH. */
export function describeInvocation(file: string, path: string): string {
  if (basename(file) !== "repo-pool-sidecar") return `node ${shellWord(file)}`;
  return path.split(delimiter).includes(dirname(file)) ? "repo-pool-sidecar" : shellWord(file);
}

/** What `--version` prints, in the form of Prometheus's exporters. */
export function describeProgram({ version, revision, nodeVersion, platform }: ProgramInfo): string {
  return [
    `repo-pool-sidecar, version ${version} (revision: ${revision})`,
    `  node version:     ${nodeVersion}`,
    `  platform:         ${platform}`,
  ].join("\n");
}
