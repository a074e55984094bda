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
}

/** What `--version` prints, in the form of Prometheus's exporters. */
export function describeProgram({ version, revision, nodeVersion, platform }: ProgramInfo): string {
  return [
    `repo-pool-sidecar, version ${version} (revision: ${revision})`,
    `  node version:     ${nodeVersion}`,
    `  platform:         ${platform}`,
  ].join("\n");
}
