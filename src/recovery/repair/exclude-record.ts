import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { excludePath, withExcludePattern } from "../../git/config/info-exclude.ts";
import { writeFileAtomic } from "../../platform/atomic-file.ts";
import { asError } from "../../platform/coded-error.ts";
import { requireInside } from "../../platform/contained-path.ts";
import { readEntry, readRegularFile } from "../../platform/regular-file.ts";

const recordPattern = "/slot.json";
const maxBytes = 1024 * 1024;

/**
 * Keeps `git add -A` in a clone slot from taking the pool's record into a commit, after which a checkout takes it off the
 * disk. What an agent wrote there stays. @returns why it was not done, if it was not.
 */
export function excludeRecord(gitDirectory: string): string | undefined {
  const path = excludePath(gitDirectory);
  const cannot = (why: string): string => `${path} does not name slot.json: ${why}`;
  try {
    requireInside(gitDirectory, path);
    const { kind, stats } = readEntry(path);
    if (kind !== "file" && kind !== "missing") return cannot(`it is a ${kind}`);
    const reading = readRegularFile(path, { maxBytes });
    if (kind === "file" && reading.kind !== "content") return cannot("it cannot be read");
    const content = withExcludePattern(
      reading.kind === "content" ? reading.content : Buffer.alloc(0),
      recordPattern,
    );
    if (content === undefined) return undefined;
    mkdirSync(dirname(path), { recursive: true });
    writeFileAtomic(path, content, stats === undefined ? {} : { mode: stats.mode & 0o777 });
    return undefined;
  } catch (error) {
    return cannot(asError(error).message);
  }
}
