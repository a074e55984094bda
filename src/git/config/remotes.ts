import { resolve } from "node:path";
import { uncachedReader } from "../../platform/slot-reader.ts";
import { readGitConfig, type GitConfig } from "./git-config.ts";

/** A remote of a repository's configuration. */
export interface Remote {
  readonly name: string;
  readonly urls: readonly string[];
  /** Beginnings of the names of refs that a fetch from it writes. */
  readonly folders: readonly string[];
}

/** Below these a repository keeps refs of its own, whatever a refspec says. */
const ownFolders = ["refs/heads/", "refs/tags/", "refs/notes/", "refs/stash"];

/** The remotes outside `root`: what is pushed to a repository below `root` is lost with it. */
export function readOtherRemotes(
  commonDirectory: string,
  { workTree, root }: { workTree: string; root: string },
): Remote[] {
  const config = readGitConfig(commonDirectory);
  if (config === undefined) return [];
  const isElsewhere = (url: string): boolean => {
    const path = localPath(url);
    return path === undefined || !uncachedReader.isReallyInside(root, resolve(workTree, path));
  };
  return listRemotes(config).filter(({ urls }) => urls.every(isElsewhere));
}

/** Pure: the remotes that have a URL. */
export function listRemotes(config: GitConfig): Remote[] {
  const remotes: Remote[] = [];
  for (const [key, urls] of config.values) {
    const name = /^remote\.(.+)\.url$/s.exec(key)?.[1];
    if (name === undefined) continue;
    const refspecs = config.values.get(`remote.${name}.fetch`) ?? [];
    const written = refspecs.flatMap((refspec) => {
      const to = /^\+?[^:^]*:(refs\/[^*]+)/.exec(refspec)?.[1];
      const isOwn = ownFolders.some((own) => to?.startsWith(own) === true || own.startsWith(to ?? own));
      return to === undefined || isOwn ? [] : [to];
    });
    remotes.push({ name, urls, folders: [...new Set([`refs/remotes/${name}/`, ...written])] });
  }
  return remotes;
}

/** The path of a URL that names a directory of this machine, by git's rules. Undefined for any other. */
function localPath(url: string): string | undefined {
  const ofFile = /^file:\/\/(.*)$/is.exec(url)?.[1];
  if (ofFile !== undefined) return ofFile;
  const isOther = /^[a-z][a-z0-9+.-]*:\/\//i.test(url) || /^[^/]*:/.test(url);
  return isOther ? undefined : url;
}
