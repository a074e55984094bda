const allowedSchemes = /^(?:file|git|http|https|ssh):\/\/[^\s]+$/;
/** Before `://` git takes any other word for the name of a remote helper. */
const scpForm = /^[A-Za-z0-9][\w.-]*@?[\w.-]*:(?!\/\/)[^:\s][^\s]*$/;
const localPath = /^\/[^\0\n\r]*$/;

/** A URL that git may be given: never an option, a remote helper (`ext::`) or text with a line break. */
export function isSafeRepoUrl(url: string): boolean {
  if (url.startsWith("-") || url.includes("::")) return false;
  return allowedSchemes.test(url) || scpForm.test(url) || localPath.test(url);
}

/** True for a repository on a file system of this host. */
export function isLocalUrl(url: string): boolean {
  return url.startsWith("file://") || localPath.test(url);
}
