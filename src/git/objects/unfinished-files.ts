import { join } from "node:path";
import type { SlotReader } from "../../platform/slot-reader.ts";
import { isFanOutFolder } from "./loose-object.ts";
import { writtenAt } from "../../platform/written-at.ts";

/** A file that a git command is writing, or was writing when it was killed: git counts it as garbage, and removes it late. */
export interface UnfinishedFile {
  readonly path: string;
  readonly bytes: number;
  readonly modifiedAt: Date;
}

const unfinishedName = /^(?:tmp_(?:pack|idx|rev|mtimes|obj|bitmap)_|\.tmp-\d+-pack-)/;
const mostFiles = 1_000;

/** Unfinished files of an object store, those of commands that run now included. */
export function listUnfinishedFiles(reader: SlotReader, objectsDirectory: string): UnfinishedFile[] {
  const folders = reader
    .listNames(objectsDirectory)
    .filter((name) => name === "pack" || isFanOutFolder(name));
  return ["", ...folders]
    .flatMap((folder) => {
      const directory = join(objectsDirectory, folder);
      const names = reader.listNames(directory).filter((name) => unfinishedName.test(name));
      return names.map((name) => join(directory, name));
    })
    .slice(0, mostFiles)
    .flatMap((path) => {
      const { kind, stats } = reader.readEntry(path);
      return kind === "file" && stats !== undefined
        ? [{ path, bytes: stats.size, modifiedAt: writtenAt(stats) }]
        : [];
    });
}
