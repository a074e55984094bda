import { readRange } from "../../platform/regular-file.ts";
import { isObjectId } from "../objects/object-id.ts";
import { describeTooOldGit, isAtLeast, readHostGitVersion, type GitVersion } from "../run/git-version.ts";
import { endsInItsChecksum, maxHashedBytes } from "./pack-index.ts";
import type { SlotReader } from "../../platform/slot-reader.ts";

/** The two files that git makes of chunks after a table, to find objects faster. Both can be made again at any time. */
const formats = {
  commit_graph: { signature: "CGPH", versions: [1], tableStart: 8, chunkCountAt: 6 },
  multi_pack_index: { signature: "MIDX", versions: [1, 2], tableStart: 12, chunkCountAt: 6 },
} as const;

/** Where the layers of an incremental multi-pack-index are, below `objects`. */
const midxLayerFolder = "pack/multi-pack-index.d";
const layerName = /^multi-pack-index-[0-9a-f]+\.midx$/;
/** Of ids, one a line; git makes a few layers. */
const maxChainBytes = 64 * 1024;

/**
 * Paths of all layers of an incremental multi-pack-index: those that are there, and those that its chain names. Empty
 * if there is none. Source: git's documentation of incremental multi-pack-indexes.
 */
export function listMidxLayers(reader: SlotReader, objectsDirectory: string): string[] {
  const folder = `${objectsDirectory}/${midxLayerFolder}`;
  const names = new Set(reader.listNames(folder).filter((name) => layerName.test(name)));
  const chain = reader.readRegularFile(`${folder}/multi-pack-index-chain`, { maxBytes: maxChainBytes });
  const lines = chain.kind === "content" ? chain.content.toString("latin1").split("\n") : [];
  for (const id of lines) if (isObjectId(id)) names.add(`multi-pack-index-${id}.midx`);
  return [...names].map((name) => `${folder}/${name}`);
}

const versionTwo = Buffer.from("MIDX\u0002", "latin1");
/** An older one ends every command with it. */
const readsVersionTwo: GitVersion = [2, 54];

/**
 * What the host's git cannot read of an object store, although it is sound, and a newer one can. Layers are no such
 * thing: a git that does not know their version reads none.
 */
export function describeNewerMidx(
  reader: SlotReader,
  objectsDirectory: string,
  idBytes: 20 | 32,
  hostGit: () => GitVersion | undefined = readHostGitVersion,
): string | undefined {
  if (!reader.listNames(`${objectsDirectory}/pack`).includes("multi-pack-index")) return undefined;
  const path = `${objectsDirectory}/pack/multi-pack-index`;
  const found = reader.withOpenFile(path, (descriptor) => ({
    kind: "start" as const,
    start: readRange(descriptor, 0, versionTwo.length),
  }));
  if (found.kind !== "start" || !found.start.equals(versionTwo)) return undefined;
  if (findChunkFileFault(reader, path, "multi_pack_index", idBytes) !== undefined) return undefined;
  const host = hostGit();
  if (host === undefined || isAtLeast(host, readsVersionTwo)) return undefined;
  return `a multi-pack-index of version 2: ${describeTooOldGit(readsVersionTwo, host)}`;
}

/** Every place of such a file or of a chain of them. Git makes them again, and trusts them while they are there. */
export function lookupCachePaths(objectsDirectory: string): string[] {
  const names = ["info/commit-graph", "info/commit-graphs", "pack/multi-pack-index", midxLayerFolder];
  return names.map((name) => `${objectsDirectory}/${name}`);
}

/**
 * What is wrong with a commit-graph or a multi-pack-index: its header, whether its chunks fill the file, and its
 * checksum if it is small. Undefined if nothing is, or if there is no such file.
 * Source: gitformat-commit-graph(5), gitformat-pack(5).
 */
export function findChunkFileFault(
  reader: SlotReader,
  path: string,
  kind: keyof typeof formats,
  idBytes: 20 | 32,
): string | undefined {
  const { signature, versions, tableStart, chunkCountAt } = formats[kind];
  const found = reader.withOpenFile(path, (descriptor, stats) => {
    const isSmall = stats.size <= maxHashedBytes;
    const head = readRange(descriptor, 0, isSmall ? stats.size : tableStart + 256 * 12);
    if (head.length < tableStart + 12 + idBytes) return text(`${stats.size} bytes`);
    if (head.toString("latin1", 0, 4) !== signature) return text("no signature");
    if (!versions.some((version) => version === head[4])) return text(`version ${head[4] ?? ""}`);
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
