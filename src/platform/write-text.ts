import { mkdirSync, writeFileSync, type WriteFileOptions } from "node:fs";
import { dirname } from "node:path";
import { encodeBytes, encodePath } from "./byte-text.ts";

/** Writes text of git's, whose names need not be UTF-8 (see `decodeBytes`), and makes its folders. @throws the system's error */
export function writeText(path: string, text: string, options: WriteFileOptions = {}): void {
  mkdirSync(encodePath(dirname(path)), { recursive: true });
  writeFileSync(encodePath(path), encodeBytes(text), options);
}
