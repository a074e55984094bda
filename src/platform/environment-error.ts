/** Error codes that concern the file itself: it is missing, or of another kind than expected. */
const faultsOfTheFile: readonly string[] = ["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ENAMETOOLONG", "ENXIO"];

/** The C library's words for a disk or a quota that is full, as git repeats them: a part of a regular expression. */
export const fullDiskWords = "(?:No space left on device|Disk quota exceeded)";

/**
 * True if the error concerns this process, its rights, or the disk or mount of the file. Then nothing is known of the file,
 * and nothing can be judged. Codes that are not listed count as such.
 */
export function isEnvironmentError(errorCode: string): boolean {
  return !faultsOfTheFile.includes(errorCode);
}
