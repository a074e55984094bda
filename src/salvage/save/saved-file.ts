/** Where a saved file was. `git`, `common` and `record` are kept for people; only `work` goes back where it was. */
export const savedRoots = ["work", "git", "common", "record"] as const;
export type SavedRoot = (typeof savedRoots)[number];

/** One line of a salvage's list of files. */
export interface SavedFile {
  readonly root: SavedRoot;
  readonly kind: "file" | "link" | "directory";
  readonly path: Buffer;
  /** Permission bits. */
  readonly mode: number;
  readonly modifiedAtMilliseconds: number;
  /** Of a file: its content as a blob of the salvage's repository. */
  readonly object?: string;
  readonly bytes?: number;
  /** Of a link. */
  readonly target?: Buffer;
}

export function formatSavedFile(file: SavedFile): string {
  return JSON.stringify({
    root: file.root,
    kind: file.kind,
    ...formatBytes("path", file.path),
    mode: file.mode.toString(8),
    modified_at_milliseconds: file.modifiedAtMilliseconds,
    ...(file.object === undefined ? {} : { object: file.object, bytes: file.bytes }),
    ...(file.target === undefined ? {} : formatBytes("target", file.target)),
  });
}

/** Undefined if the sidecar did not write the line. */
export function parseSavedFile(line: string): SavedFile | undefined {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null) return undefined;
  const fields = value as Readonly<Record<string, unknown>>;
  const root = savedRoots.find((known) => known === fields["root"]);
  const kind = (["file", "link", "directory"] as const).find((known) => known === fields["kind"]);
  const path = parseBytes(fields, "path");
  const mode = Number.parseInt(String(fields["mode"]), 8);
  if (root === undefined || kind === undefined || path === undefined || !Number.isInteger(mode))
    return undefined;
  const target = parseBytes(fields, "target");
  return {
    root,
    kind,
    path,
    mode,
    modifiedAtMilliseconds: Number(fields["modified_at_milliseconds"]),
    ...(typeof fields["object"] === "string" ? { object: fields["object"] } : {}),
    ...(typeof fields["bytes"] === "number" ? { bytes: fields["bytes"] } : {}),
    ...(target === undefined ? {} : { target }),
  };
}

/** Files of the work tree that are as an index says: one line stands for all of them. */
export interface UnchangedFiles {
  /** The blob of the salvage's repository that is the index. */
  readonly index: string;
  /** First and last of its entries, by their positions. */
  readonly entries: readonly (readonly [number, number])[];
  /** Permission bits by git's mode. */
  readonly modes: Readonly<Record<string, number>>;
}

export function formatUnchangedFiles({ index, entries, modes }: UnchangedFiles): string {
  const octal: Record<string, string> = Object.fromEntries(
    Object.entries(modes).map(([mode, bits]) => [mode, bits.toString(8)]),
  );
  return JSON.stringify({ root: "work", kind: "unchanged", index, entries, modes: octal });
}

/** Undefined if the line is about a single file. */
export function parseUnchangedFiles(line: string): UnchangedFiles | undefined {
  const { kind, ...fields } = JSON.parse(line) as { kind?: unknown } & UnchangedFiles;
  if (kind !== "unchanged") return undefined;
  const bits = Object.entries(fields.modes).map(([mode, octal]) => [mode, Number.parseInt(String(octal), 8)]);
  return { ...fields, modes: Object.fromEntries(bits) as Record<string, number> };
}

/** As text if the bytes are UTF-8, else as base64 under a name of its own. */
function formatBytes(name: string, bytes: Buffer): Record<string, string> {
  const text = bytes.toString("utf8");
  return Buffer.from(text).equals(bytes)
    ? { [name]: text }
    : { [`${name}_base64`]: bytes.toString("base64") };
}

function parseBytes(fields: Readonly<Record<string, unknown>>, name: string): Buffer | undefined {
  const text = fields[name];
  if (typeof text === "string") return Buffer.from(text);
  const encoded = fields[`${name}_base64`];
  return typeof encoded === "string" ? Buffer.from(encoded, "base64") : undefined;
}

/** A name as a report may show it: bytes that are no UTF-8 become replacement characters. */
export function shownPath(root: SavedRoot, path: Buffer): string {
  const text = path.toString("utf8");
  return root === "work" ? text : `${root}:${text}`;
}
