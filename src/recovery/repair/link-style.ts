import {
  isRelativeLink,
  linkNames,
  smallFilePath,
  type LinkName,
  type LinkStyle,
} from "../../git/git-directory.ts";
import { locateRepository } from "../../inspection/probe/worktree-links.ts";
import { uncachedReader } from "../../platform/slot-reader.ts";
import type { Pool, Slot } from "../../pool/pool.ts";
import type { RecoveryContext } from "../execute/recovery-context.ts";

const maxLinkBytes = 4096;

/** A new slot gets the style of the other slots. */
type LinkedSlot = Pick<RecoveryContext, "pool" | "slot" | "knownGood">;

/** How the links of a slot were written: by our copy of each file, by the file itself, else by the slots beside it. */
export function findLinkStyle(context: LinkedSlot): LinkStyle {
  return {
    hasRelativeGitFile: isRelative(context, linkNames.gitFile),
    hasRelativeBacklink: isRelative(context, linkNames.backlink),
  };
}

function isRelative({ pool, slot, knownGood }: LinkedSlot, name: LinkName): boolean {
  const copy = knownGood.readSlot(slot.slotId)?.files.get(name);
  const others = pool.slots.filter(({ slotId }) => slotId !== slot.slotId);
  const contents = [copy, ...[slot, ...others].map((each) => readLink(each, name, pool))];
  const styles = contents.map((content) => content && isRelativeLink(name, content));
  return styles.find((style) => style !== undefined) === true;
}

function readLink(slot: Slot, name: LinkName, pool: Pool): Buffer | undefined {
  const { directories } = locateRepository(uncachedReader, slot, pool);
  if (directories === undefined) return undefined;
  const path = smallFilePath(name, { slotPath: slot.path, directories });
  const reading = uncachedReader.readRegularFile(path, { maxBytes: maxLinkBytes });
  return reading.kind === "content" ? reading.content : undefined;
}
