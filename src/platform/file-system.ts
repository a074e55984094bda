import { statfsSync } from "node:fs";

export interface FileSystem {
  readonly sizeBytes: number;
  /** Available to users other than root. */
  readonly availBytes: number;
}

/** Of the file system that a directory is on. Undefined if that does not answer. */
export function readFileSystem(directory: string): FileSystem | undefined {
  try {
    const { bsize, blocks, bavail } = statfsSync(directory);
    return { sizeBytes: bsize * blocks, availBytes: bsize * bavail };
  } catch {
    return undefined;
  }
}
