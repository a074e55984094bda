import { readObjects, type BatchSource } from "./object-batch.ts";

const maxHeaderBytes = 1024 * 1024;

/** The parents of commits and the targets of tags, read from the objects themselves: grafts and `shallow` do not count. */
export async function readObjectLinks(
  source: BatchSource,
  objectIds: Iterable<string>,
): Promise<Map<string, readonly string[]>> {
  const links = new Map<string, readonly string[]>();
  let current = "";
  let chunks: Buffer[] = [];
  let bytes = 0;
  await readObjects(source, objectIds, {
    start: (objectId) => {
      current = objectId;
      chunks = [];
      bytes = 0;
    },
    content: (chunk) => {
      if (bytes < maxHeaderBytes) chunks.push(chunk);
      bytes += chunk.length;
    },
    end: () => {
      links.set(current, parseLinks(Buffer.concat(chunks).toString("latin1")));
    },
  });
  return links;
}

function parseLinks(content: string): string[] {
  const header = content.slice(0, Math.max(0, content.indexOf("\n\n")));
  return [...header.matchAll(/^(?:parent|object) ([0-9a-f]{40,64})$/gm)].map((match) => match[1] ?? "");
}
