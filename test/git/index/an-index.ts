import { createHash } from "node:crypto";

export interface AnIndexEntry {
  readonly path: string;
  readonly objectId: string;
  readonly stage?: number;
}

/** The bytes of an index of version 2 by the rules of gitformat-index(5), made by hand. */
export function anIndex(
  entries: readonly AnIndexEntry[],
  { extensions = [] }: { extensions?: readonly (readonly [string, Buffer])[] } = {},
): Buffer {
  const header = Buffer.from("DIRC\0\0\0\x02\0\0\0\0", "latin1");
  header.writeUInt32BE(entries.length, 8);
  const tails = extensions.map(([name, content]) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(content.length);
    return Buffer.concat([Buffer.from(name), bytes, content]);
  });
  const body = Buffer.concat([header, ...entries.map(anEntry), ...tails]);
  return Buffer.concat([body, createHash("sha1").update(body).digest()]);
}

function anEntry({ path, objectId, stage = 0 }: AnIndexEntry): Buffer {
  const name = Buffer.from(path);
  const flags = Buffer.alloc(2);
  flags.writeUInt16BE((stage << 12) | Math.min(name.length, 0xfff));
  const stat = Buffer.alloc(40);
  stat.writeUInt32BE(0o100644, 24);
  const entry = Buffer.concat([stat, Buffer.from(objectId, "hex"), flags, name]);
  return Buffer.concat([entry, Buffer.alloc(8 - (entry.length % 8))]);
}
