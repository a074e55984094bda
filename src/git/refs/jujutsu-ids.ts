import { uncachedReader } from "../../platform/slot-reader.ts";

/** A view names the heads, bookmarks and tags of one moment. */
const maxViewBytes = 16 * 1024 * 1024;
/** An operation log of years; beyond it, the refs below `refs/jj` tell what there is. */
const maxBytes = 512 * 1024 * 1024;

/**
 * Ids in the operation log that Jujutsu keeps in a work tree, whose commits lie in the git repository beside it. A view is
 * a message of Protocol Buffers: an id is a byte that tells its length, and its bytes. What only looks like one names no
 * object. Source: jj's simple_op_store.proto, measured with jj 0.46.
 */
export function readJujutsuIds(workTree: string, idBytes: 20 | 32): Set<string> {
  const ids = new Set<string>();
  const views = `${workTree}/.jj/repo/op_store/views`;
  let left = maxBytes;
  for (const name of uncachedReader.listAllNames(views)) {
    const reading = uncachedReader.readRegularFile(`${views}/${name}`, {
      maxBytes: Math.min(maxViewBytes, left),
    });
    if (reading.kind !== "content") continue;
    const { content } = reading;
    left -= content.length;
    for (let at = content.indexOf(idBytes); at >= 0; at = content.indexOf(idBytes, at + 1))
      if (at + idBytes < content.length) ids.add(content.toString("hex", at + 1, at + 1 + idBytes));
  }
  return ids;
}
