import type { SlotReader } from "../platform/slot-reader.ts";
import { describeUnread, type UnreadPlace } from "../platform/unread-path.ts";
import type { Finding, FindingCode, GitLock } from "./finding.ts";

/** Faults that the content of one file shows: it was read, so nothing that was not read can be their cause. */
const shownByContent: readonly FindingCode[] = ["slot_json_invalid", "slot_json_mismatch", "index_corrupt"];

interface Judged {
  readonly findings: readonly Finding[];
  readonly unread: readonly UnreadPlace[];
  readonly gitLocks: readonly GitLock[];
}

/**
 * The result without the findings that may follow from an unreadable path, such as one without permission. Such a path is
 * listed as unread instead.
 */
export function withoutBlindFindings<T extends Judged>(
  { failures }: Pick<SlotReader, "failures">,
  result: T,
): T {
  if (failures.size === 0 && result.unread.length === 0) return result;
  const known = new Set(result.unread.map(({ path }) => path));
  const places = [...failures].filter(([path]) => !known.has(path));
  const unread = [
    ...result.unread.map(({ path, detail }) => ({
      path,
      detail: /^E[A-Z0-9]+$/.test(detail) ? describeUnread(path, detail) : detail,
    })),
    ...places.map(([path, code]) => ({ path, detail: describeUnread(path, code) })),
  ];
  if (failures.size === 0) return { ...result, unread };
  const isShown = ({ code, path }: Finding): boolean => shownByContent.includes(code) && !failures.has(path);
  // Whose lock it is, and whether git still honours it, is in the file.
  const gitLocks = result.gitLocks.filter(({ path }) => !failures.has(path));
  return {
    ...result,
    ...{ findings: result.findings.filter(isShown), unverified: [], gitLocks, unread, isBlind: true },
  };
}
