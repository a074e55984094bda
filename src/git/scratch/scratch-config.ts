/** What git must know of a repository before it can read its objects. */
export interface ScratchFormat {
  readonly idBytes: 20 | 32;
  /** Objects may be missing: a promisor remote has them. */
  readonly isPartial: boolean;
  /** What a partial clone leaves out, in the form of `git clone --filter`. */
  readonly filter?: string | undefined;
  /** Lines of `[core]` that say when a file of the work tree counts as changed. */
  readonly fileSettings?: readonly string[];
}

/**
 * The whole configuration of a repository that this program makes. Of a slot's configuration it takes only what a healthy
 * repository cannot be read without: the object format, that it is a partial clone, whose remote is never asked, and which
 * differences of a file are none.
 */
export function formatScratchConfig(
  { idBytes, isPartial, fileSettings = [] }: ScratchFormat,
  coreLines: readonly string[] = ["bare = true"],
): string {
  const extensions = [
    ...(idBytes === 32 ? ["objectFormat = sha256"] : []),
    ...(isPartial ? ["partialClone = origin"] : []),
  ];
  const version = `repositoryformatversion = ${extensions.length > 0 ? 1 : 0}`;
  return [
    formatSection("core", [version, ...coreLines, ...fileSettings]),
    extensions.length > 0 ? formatSection("extensions", extensions) : "",
    // Without a promisor remote, a healthy partial clone fails fsck.
    isPartial ? formatSection('remote "origin"', ["url = /dev/null", "promisor = true"]) : "",
  ].join("");
}

function formatSection(name: string, lines: readonly string[]): string {
  return `[${name}]\n${lines.map((line) => `\t${line}\n`).join("")}`;
}
