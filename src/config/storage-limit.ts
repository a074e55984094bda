/** How much may be kept: a number of bytes, or a share of the file system that holds it. */
export type StorageLimit =
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "file_system_ratio"; readonly ratio: number };

const bytesOf: Readonly<Record<string, number>> = {
  B: 1,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
};

/** What `parseStorageLimit` reads, for an editor. */
export const storageLimitPattern = /^\d+(?:\.\d+)?\s*(?:%(?: of the file system)?|B|KiB|MiB|GiB|TiB)$/;

/** What it reads as a number of bytes, for an editor. */
export const sizePattern = /^\d+(?:\.\d+)?\s*(?:B|KiB|MiB|GiB|TiB)$/;

/** Reads `20GiB` or `10% of the file system`; undefined if the text is neither. */
export function parseStorageLimit(text: string): StorageLimit | undefined {
  const share = /^(\d+(?:\.\d+)?)\s*%(?: of the file system)?$/.exec(text.trim());
  if (share !== null) {
    const ratio = Number(share[1]) / 100;
    return ratio > 0 && ratio <= 1 ? { kind: "file_system_ratio", ratio } : undefined;
  }
  const size = /^(\d+(?:\.\d+)?)\s*(B|KiB|MiB|GiB|TiB)$/.exec(text.trim());
  const unitBytes = bytesOf[size?.[2] ?? ""];
  if (unitBytes === undefined) return undefined;
  return { kind: "bytes", bytes: Math.floor(Number(size?.[1]) * unitBytes) };
}
