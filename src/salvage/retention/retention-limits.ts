import { readFileSystem } from "../../platform/file-system.ts";
import type { RetentionLimits } from "./retention.ts";

/** How long and how much saved work is kept, as an operator configures it. */
export interface RetentionSettings {
  readonly maxAgeSeconds: number;
  readonly minAgeSeconds: number;
  readonly maxBytes:
    | { readonly kind: "bytes"; readonly bytes: number }
    | { readonly kind: "file_system_ratio"; readonly ratio: number };
}

export interface KeptWorkPlaces {
  readonly stateDir: string;
  readonly workspacesDir: string;
}

/** The limits in bytes and seconds. A ratio is of the file system that holds the state directory. */
export function retentionLimitsOf(settings: RetentionSettings, places: KeptWorkPlaces): RetentionLimits {
  const { maxAgeSeconds, minAgeSeconds, maxBytes } = settings;
  if (maxBytes.kind === "bytes") return { maxAgeSeconds, minAgeSeconds, maxBytes: maxBytes.bytes };
  const fileSystemBytes = readFileSystemBytes([places.stateDir, places.workspacesDir]) ?? Infinity;
  return { maxAgeSeconds, minAgeSeconds, maxBytes: fileSystemBytes * maxBytes.ratio };
}

/** Of the first directory that exists: without a state directory nothing has been kept yet. */
function readFileSystemBytes(directories: readonly string[]): number | undefined {
  for (const directory of directories) {
    const system = readFileSystem(directory);
    if (system !== undefined) return system.sizeBytes;
  }
  return undefined;
}
