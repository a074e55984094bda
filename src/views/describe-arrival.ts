import type { Arrival } from "../inspection/finding.ts";

const meanings: Readonly<Record<Arrival, string>> = {
  in_remote: "; nothing to lose: each commit is in a remote ref",
  by_patch_id: "; a hint: a remote has the same changes in other commits",
  by_content: "; a hint: to merge it into a remote branch would change nothing there",
};

/** What follows the kinds of unsaved work; empty if nothing is known to have arrived. */
export function describeArrival(arrival: Arrival | null): string {
  return arrival === null ? "" : meanings[arrival];
}
