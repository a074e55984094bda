/** What keeps this process from reading a file and says nothing about the file: missing rights, or a lack of resources. */
const ownTroubles: readonly string[] = ["EACCES", "EPERM", "EMFILE", "ENFILE", "ENOMEM", "EAGAIN", "EINTR"];

/** True where the error tells of us and not of what should be read: no judgement can follow from it. */
export function isEnvironmentError(errorCode: string): boolean {
  return ownTroubles.includes(errorCode);
}
