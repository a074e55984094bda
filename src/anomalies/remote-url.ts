/**
 * True where two URLs name the same repository: credentials, a trailing `.git` or slash, the case of the host and
 * `file://` before a path make no other one.
 */
export function isSameRemote(left: string, right: string): boolean {
  return left === right || normalizeRemoteUrl(left) === normalizeRemoteUrl(right);
}

function normalizeRemoteUrl(url: string): string {
  return url
    .trim()
    .replace(/^file:\/\/(?=\/)/i, "")
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)(?:[^/]*@)?([^/]*)/i, (_whole, scheme: string, host: string) =>
      `${scheme}${host}`.toLowerCase(),
    )
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/\/+$/, "");
}
