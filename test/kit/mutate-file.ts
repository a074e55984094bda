import { chmodSync, lstatSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";

export const mutationKinds = ["flip", "cut", "zero", "empty", "remove", "insert"] as const;

/** Where and how a file is damaged. Place and byte are fractions. */
export interface Mutation {
  readonly kind: (typeof mutationKinds)[number];
  readonly place: number;
  readonly byte: number;
}

export interface MutatedFile {
  /** What was done, for who reads a failure. */
  readonly what: string;
  /** Gives the file its content and its times again. */
  undo(): void;
}

/** Damages one file, as a failing disk or a killed writer does. */
export function mutateFile(path: string, { kind, place, byte }: Mutation): MutatedFile {
  const content = readFileSync(path);
  const { mode, atime, mtime } = lstatSync(path);
  const at = Math.floor(place * content.length);
  chmodSync(path, mode | 0o200);
  if (kind === "remove") rmSync(path);
  else writeFileSync(path, changed(content, { kind, at, byte: 1 + Math.floor(byte * 255) }));
  return {
    what: `${kind} ${path} at ${at} of ${content.length}`,
    undo() {
      writeFileSync(path, content);
      chmodSync(path, mode);
      utimesSync(path, atime, mtime);
    },
  };
}

function changed(content: Buffer, how: { kind: Mutation["kind"]; at: number; byte: number }): Buffer {
  const { kind, at, byte } = how;
  const [before, after] = [content.subarray(0, at), content.subarray(at)];
  switch (kind) {
    case "flip":
      return Buffer.concat([before, Buffer.from([(content[at] ?? 0) ^ byte]), content.subarray(at + 1)]);
    case "insert":
      return Buffer.concat([before, Buffer.from([byte]), after]);
    case "cut":
      return before;
    case "zero":
      return Buffer.concat([before, Buffer.alloc(after.length)]);
    default:
      return Buffer.alloc(0);
  }
}
