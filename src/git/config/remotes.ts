import { hostname } from "node:os";
import { resolve } from "node:path";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { readGitConfig, type GitConfig } from "./git-config.ts";

/** A remote of a repository's configuration. */
export interface Remote {
  readonly name: string;
  readonly urls: readonly string[];
  /** Where a push goes; git writes the same refs then as a fetch from `urls`. */
  readonly pushUrls: readonly string[];
  /** Beginnings of the names of refs that a fetch from it writes. */
  readonly folders: readonly string[];
}

/** A remote that is not in the slot itself. */
export interface OtherRemote extends Remote {
  /** False if what is pushed to it stays in the slot. */
  readonly isPushedElsewhere: boolean;
}

/** Below these a repository keeps refs of its own, whatever a refspec says. */
const ownFolders = ["refs/heads/", "refs/tags/", "refs/notes/", "refs/stash"];

/** Where `git maintenance` keeps what it fetches ahead of the next fetch. Source: git-maintenance(1). */
const prefetchFolder = "refs/prefetch/";

/** The remotes outside `root`: what is pushed to a repository below `root` is lost with it. */
export function readOtherRemotes(
  commonDirectory: string,
  { workTree, root }: { workTree: string; root: string },
): OtherRemote[] {
  const config = readGitConfig(commonDirectory);
  if (config === undefined) return [];
  const isElsewhere = (url: string): boolean => {
    const path = localPath(url);
    return path === undefined || !uncachedReader.isReallyInside(root, resolve(workTree, path));
  };
  return listRemotes(config)
    .filter(({ urls }) => urls.every(isElsewhere))
    .map((remote) => ({ ...remote, isPushedElsewhere: remote.pushUrls.every(isElsewhere) }));
}

/** Pure: the remotes that have a URL, as the repository's own `url.BASE.insteadOf` makes it. */
export function listRemotes(config: GitConfig): Remote[] {
  const remotes: Remote[] = [];
  for (const [key, written] of config.values) {
    const name = /^remote\.(.+)\.url$/s.exec(key)?.[1];
    if (name === undefined) continue;
    const urls = written.map((url) => rewriteUrl(url, config, "insteadof") ?? url);
    const pushUrls =
      config.values
        .get(`remote.${name}.pushurl`)
        ?.map((url) => rewriteUrl(url, config, "insteadof") ?? url) ??
      written.map((url, index) => rewriteUrl(url, config, "pushinsteadof") ?? urls[index] ?? url);
    const refspecs = config.values.get(`remote.${name}.fetch`) ?? [];
    const places = refspecs.flatMap((refspec) => {
      const to = /^\+?[^:^]*:(refs\/[^*]+)/.exec(refspec)?.[1];
      const isOwn = ownFolders.some((own) => to?.startsWith(own) === true || own.startsWith(to ?? own));
      return to === undefined || isOwn ? [] : [to];
    });
    const folders = [...new Set([`refs/remotes/${name}/`, ...places])];
    const fetchedAhead = folders.map((folder) => folder.replace(/^refs\//, prefetchFolder));
    remotes.push({ name, urls, pushUrls, folders: [...folders, ...fetchedAhead] });
  }
  return remotes;
}

/** The longest beginning of the URL that is to be replaced counts. Undefined if none is. Source: git-config(1), url. */
function rewriteUrl(
  url: string,
  config: GitConfig,
  setting: "insteadof" | "pushinsteadof",
): string | undefined {
  const rules = [...config.values].flatMap(([key, beginnings]) => {
    const base =
      key.startsWith("url.") && key.endsWith(`.${setting}`) ? key.slice(4, -setting.length - 1) : "";
    return base === "" ? [] : beginnings.map((beginning) => ({ base, beginning }));
  });
  const [rule] = rules
    .filter(({ beginning }) => url.startsWith(beginning))
    .sort((one, other) => other.beginning.length - one.beginning.length);
  return rule === undefined ? undefined : rule.base + url.slice(rule.beginning.length);
}

/** The path of a URL that names a directory of this machine, by git's rules. Undefined for any other. */
function localPath(url: string): string | undefined {
  const ofFile = /^file:\/\/(.*)$/is.exec(url)?.[1];
  if (ofFile !== undefined) return ofFile;
  const [, host = "", path] =
    /^ssh:\/\/(?:[^/@]*@)?(\[[^\]]*\]|[^/:]*)(?::\d*)?(\/.*)$/is.exec(url) ??
    /^(?:[^/@]*@)?(\[[^\]]*\]|[^/:]+):(\/.*)$/s.exec(url) ??
    [];
  if (isThisHost(host)) return path;
  const isOther = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[^/]*:/.test(url);
  return isOther ? undefined : url;
}

function isThisHost(host: string): boolean {
  const names = ["localhost", "127.0.0.1", "[::1]", hostname().toLowerCase()];
  return names.includes(host.toLowerCase());
}
