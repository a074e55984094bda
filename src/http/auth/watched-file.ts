import { readFileSync, statSync } from "node:fs";

/** A file's content, read again only if the file changed. Not for slots: the operator names it, so links are followed. */
export class WatchedFile {
  readonly path: string;
  #version = "";
  #content: Buffer = Buffer.alloc(0);

  constructor(path: string) {
    this.path = path;
  }

  /** @throws the system's error if the file cannot be read now */
  read(): Buffer {
    const version = fileVersion(this.path);
    if (version !== this.#version) {
      this.#content = readFileSync(this.path);
      this.#version = version;
    }
    return this.#content;
  }
}

/** Changes with every write or replacement of the file. @throws the system's error */
export function fileVersion(path: string): string {
  const { ino, mtimeNs, ctimeNs, size } = statSync(path, { bigint: true });
  return `${ino}:${mtimeNs}:${ctimeNs}:${size}`;
}
