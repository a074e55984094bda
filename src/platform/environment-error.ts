/** What an error of the system says of the file itself: it is not there, or is something else than it should be. */
const faultsOfTheFile: readonly string[] = ["ENOENT", "ENOTDIR", "ELOOP", "EISDIR", "ENAMETOOLONG", "ENXIO"];

/**
 * True if the error tells of this process, its rights or the disk or mount below the file. What is on a disk that
 * does not answer is not known, so no judgement can follow from it. Codes that nobody listed count as such.
 */
export function isEnvironmentError(errorCode: string): boolean {
  return !faultsOfTheFile.includes(errorCode);
}
