import { placesGitWrites } from "../../git/written-places.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";
import type { Finding } from "../finding.ts";
import { describeClosed, mayWrite, readStats, type RepositoryUser } from "../rights.ts";

/**
 * Whether the user may write if git writes in place: a container that runs as root leaves directories behind in
 * which the user's next commit or fetch fails. Files that git replaces by renaming may belong to anybody.
 *
 * The system is asked directly, so that no path is compared at each collection for this alone. A change of rights is seen by
 * the next full probe, at most `detection.full_probe_period` later.
 */
export function probeRights(
  reader: SlotReader,
  user: RepositoryUser,
  gitDirectories: readonly string[],
  others: readonly string[] = [],
): Finding[] {
  if (user.uid === 0) return [];
  const places = new Set([
    ...others,
    ...gitDirectories.flatMap((path) => [...placesGitWrites(reader, path)]),
  ]);
  const closed = [...places].flatMap((path) => {
    const stats = readStats(path);
    if (stats === undefined || !(stats.isDirectory() || stats.isFile())) return [];
    return mayWrite(user, path, stats) ? [] : [{ path, stats }];
  });
  return describeClosed(user, closed, "probe");
}
