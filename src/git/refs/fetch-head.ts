import { decodeBytes } from "../../platform/byte-text.ts";
import { isObjectId } from "../objects/object-id.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";

/** What a fetch brought, by the URL that it asked: as git shows it, without credentials and without `.git` at the end. */
export interface FetchedTip {
  readonly objectId: string;
  readonly url: string;
}

const maxFetchHeadBytes = 64 * 1024 * 1024;
const fetchedLine = /^([0-9a-f]+)\t(?:not-for-merge)?\t(?:.* of )?(\S+)$/s;

export function fetchHeadPath(gitDirectory: string): string {
  return `${gitDirectory}/FETCH_HEAD`;
}

/** The lines of FETCH_HEAD, which each fetch of git writes again; empty if there is none. */
export function readFetchHead(gitDirectory: string): FetchedTip[] {
  const reading = uncachedReader.readRegularFile(fetchHeadPath(gitDirectory), {
    maxBytes: maxFetchHeadBytes,
  });
  if (reading.kind !== "content") return [];
  return decodeBytes(reading.content)
    .split("\n")
    .flatMap((line) => {
      const [, objectId = "", url = ""] = fetchedLine.exec(line) ?? [];
      return isObjectId(objectId) ? [{ objectId, url }] : [];
    });
}

/** Pure: a remote's URL as FETCH_HEAD shows it. */
export function shownUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, "$1")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
}
