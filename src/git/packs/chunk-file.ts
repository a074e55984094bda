import { readRange, withOpenFile } from "../../platform/regular-file.ts";
import { endsInItsChecksum, maxHashedBytes } from "./pack-index.ts";

/** The two files that git makes of chunks after a table, to find objects faster. Both can be made anew at any time. */
const formats = {
  commit_graph: { signature: "CGPH", tableStart: 8, chunkCountAt: 6 },
  multi_pack_index: { signature: "MIDX", tableStart: 12, chunkCountAt: 6 },
} as const;

/** Every place of such a file or of a chain of them. Git makes them again, and trusts them while they are there. */
export function lookupCachePaths(objectsDirectory: string): string[] {
  const names = ["info/commit-graph", "info/commit-graphs", "pack/multi-pack-index"];
  return names.map((name) => `${objectsDirectory}/${name}`);
}

/**
 * What is wrong with a commit-graph or a multi-pack-index: its header, whether its chunks fill the file, and its
 * checksum where it is small. Undefined where nothing is, or where there is no such file.
 * Source: gitformat-commit-graph(5), gitformat-pack(5).
 */
export function findChunkFileFault(
  path: string,
  kind: keyof typeof formats,
  idBytes: 20 | 32,
): string | undefined {
  const { signature, tableStart, chunkCountAt } = formats[kind];
  const found = withOpenFile(path, (descriptor, stats) => {
    const isSmall = stats.size <= maxHashedBytes;
    const head = readRange(descriptor, 0, isSmall ? stats.size : tableStart + 256 * 12);
    if (head.length < tableStart + 12 + idBytes) return text(`${stats.size} bytes`);
    if (head.toString("latin1", 0, 4) !== signature) return text("no signature");
    if (head[4] !== 1) return text(`version ${head[4] ?? ""}`);
    const end = tableStart + (head[chunkCountAt] ?? 0) * 12;
    if (head.length < end + 12) return text(`${stats.size} bytes`);
    const dataEnd = Number(head.readBigUInt64BE(end + 4));
    if (dataEnd + idBytes !== stats.size) return text(`${stats.size} bytes of ${dataEnd + idBytes}`);
    const isWhole = !isSmall || endsInItsChecksum(head, idBytes);
    return isWhole ? { kind: "sound" as const } : text("a checksum that does not match");
  });
  if (found.kind === "sound" || found.kind === "missing") return undefined;
  if (found.kind === "text") return found.text;
  return found.kind === "unreadable" ? found.errorCode : `a ${found.found}`;
}

function text(value: string): { readonly kind: "text"; readonly text: string } {
  return { kind: "text", text: value };
}
