import { configValue, parseConfigInteger, type GitConfig } from "./git-config.ts";

/** How a repository's files are to be read. */
export interface RepositoryFormat {
  readonly idBytes: 20 | 32;
  /** Objects may be missing: a promisor remote has them. */
  readonly isPartial: boolean;
  readonly hasWorktreeConfig: boolean;
}

export type FormatReading =
  | { readonly kind: "known"; readonly format: RepositoryFormat }
  /** Git may read it, this program cannot. */
  | { readonly kind: "unsupported"; readonly what: string }
  /** Git refuses it. */
  | { readonly kind: "invalid"; readonly expected: string; readonly found: string };

const extensionsOfAnyVersion = ["noop", "preciousobjects", "partialclone", "worktreeconfig"];
const extensionsOfVersionOne = [
  "noop-v1",
  "objectformat",
  "compatobjectformat",
  "refstorage",
  "relativeworktrees",
];

/** Source: git's setup.c, and its documentation of the repository version. */
export function readRepositoryFormat(config: GitConfig): FormatReading {
  const text = configValue(config, "core.repositoryformatversion") ?? "0";
  const version = parseConfigInteger(text);
  if (version === undefined || version > 1)
    return { kind: "invalid", expected: "repository format 0 or 1", found: JSON.stringify(text) };
  const storage = configValue(config, "extensions.refstorage");
  if (storage !== undefined && storage !== "files")
    return { kind: "unsupported", what: `references in the format ${JSON.stringify(storage)}` };
  const named = [...config.values.keys()].filter((key) => /^extensions\.[^.]+$/.test(key));
  const extensions = named.map((key) => key.slice("extensions.".length));
  const known = [...extensionsOfAnyVersion, ...extensionsOfVersionOne];
  const unknown = extensions.find((extension) => !known.includes(extension));
  if (unknown !== undefined && version === 1)
    return { kind: "unsupported", what: `the repository extension ${unknown}` };
  const early = extensions.find((extension) => extensionsOfVersionOne.includes(extension));
  if (early !== undefined && version < 1)
    return { kind: "invalid", expected: "repository format 1", found: `format ${version} with ${early}` };
  return readObjectFormat(config);
}

function readObjectFormat(config: GitConfig): FormatReading {
  const objectFormat = configValue(config, "extensions.objectformat") ?? "sha1";
  if (objectFormat !== "sha1" && objectFormat !== "sha256")
    return { kind: "unsupported", what: `the object format ${JSON.stringify(objectFormat)}` };
  const isPromisor = (key: string): boolean => /^remote\..*\.promisor$/.test(key);
  return {
    kind: "known",
    format: {
      idBytes: objectFormat === "sha256" ? 32 : 20,
      isPartial: [...config.values.keys()].some(
        (key) => isPromisor(key) || key === "extensions.partialclone",
      ),
      hasWorktreeConfig: configValue(config, "extensions.worktreeconfig") === "true",
    },
  };
}
