/** The port that a scheme means if a URL names none. */
const defaultPorts: Readonly<Record<string, string>> = { ssh: "22", git: "9418", http: "80", https: "443" };
/** Other names that git has for a scheme. */
const sameSchemes: Readonly<Record<string, string>> = { "git+ssh": "ssh", "ssh+git": "ssh" };

/**
 * True if two URLs name the same repository, by git's rules for URLs: credentials, the case of scheme and host, a default
 * port, a trailing `.git` or slash, escaped characters, `file://` before a path, and `host:/path` for `ssh://host/path` make
 * no other one. A path from the home directory of the remote user (`host:path`, `ssh://host/~/path`) is that user's.
 */
export function isSameRemote(left: string, right: string): boolean {
  return left === right || normalizeRemoteUrl(left) === normalizeRemoteUrl(right);
}

function normalizeRemoteUrl(url: string): string {
  // As bytes, which is what an escape stands for.
  const text = Buffer.from(url.trim()).toString("latin1");
  const [, scheme, authority = "", path = ""] = /^([a-z][a-z0-9+.-]*):\/\/([^/]*)(.*)$/is.exec(text) ?? [];
  if (scheme !== undefined) return normalizeFullUrl(scheme.toLowerCase(), authority, path);
  return normalizeScpUrl(text) ?? trimPath(text);
}

function normalizeFullUrl(scheme: string, authority: string, escapedPath: string): string {
  const kind = sameSchemes[scheme] ?? scheme;
  const path = unescapePath(kind, escapedPath);
  if (kind === "file" && authority === "") return trimPath(path);
  const { user, host, port } = splitAuthority(authority);
  const isDefault = port === "" || Number(port) === Number(defaultPorts[kind]);
  const place = isDefault ? host : `${host}:${Number(port)}`;
  // Without a slash in front: `~` and `~user` are expanded by the other side.
  if (kind === "ssh" && path.startsWith("/~")) return formatHomePath({ user, place }, path.slice(1));
  return `${kind}://${place}${trimPath(path)}`;
}

/** `[user@]host:path`, or with the host and perhaps a port in brackets. Undefined for a path of this machine. */
function normalizeScpUrl(text: string): string | undefined {
  const match = /^(?:([^@/:[\]]*)@)?(?:\[([^\]/]+)\]|([^/:[\]]+)):(.*)$/s.exec(text);
  if (match === null) return undefined;
  const [, user, bracketed, plain = "", path = ""] = match;
  // In brackets is a host with its port, or an address of IPv6.
  const isAddress = bracketed !== undefined && bracketed.split(":").length > 2;
  const host = isAddress ? `[${bracketed}]` : (bracketed ?? plain);
  const authority = user === undefined ? host : `${user}@${host}`;
  if (/^\/(?!~)/.test(path)) return normalizeFullUrl("ssh", authority, path.replaceAll("%", "%25"));
  const { user: owner, host: name, port } = splitAuthority(authority);
  const place = port === "" || port === defaultPorts["ssh"] ? name : `${name}:${port}`;
  return formatHomePath({ user: owner, place }, path.replace(/^\/(?=~)/, ""));
}

function formatHomePath({ user, place }: { user: string; place: string }, path: string): string {
  const below = path.startsWith("~") ? path : `~/${path}`;
  const owner = below.startsWith("~/") ? `${user}@` : "";
  return `ssh://${owner}${place}/${trimPath(below)}`;
}

function splitAuthority(authority: string): { user: string; host: string; port: string } {
  const at = authority.lastIndexOf("@");
  const user = authority.slice(0, Math.max(at, 0)).split(":", 1)[0] ?? "";
  const [, host = "", port = ""] = /^(.*?)(?::(\d*))?$/s.exec(authority.slice(at + 1)) ?? [];
  return { user, host: host.toLowerCase(), port };
}

/** To a web server only characters that need no escape are the same with one; git itself unescapes the rest. */
function unescapePath(scheme: string, path: string): string {
  const isOfGit = !["http", "https", "ftp", "ftps"].includes(scheme);
  return path.replace(/%[0-9a-f]{2}/gi, (escape) => {
    const character = String.fromCharCode(Number.parseInt(escape.slice(1), 16));
    return isOfGit || /[A-Za-z0-9._~-]/.test(character) ? character : escape.toUpperCase();
  });
}

function trimPath(path: string): string {
  return path
    .replace(/\/+$/, "")
    .replace(/\.git$/, "")
    .replace(/\/+$/, "");
}
