import { readRepositoryFormat } from "../config/repository-format.ts";
import { ObjectStore } from "./object-store.ts";

/** The objects of a repository, as they are now: a new store for each question that a repair asks. */
export function openObjectStore(commonDirectory: string): { store: ObjectStore; idBytes: 20 | 32 } {
  const { idBytes } = readRepositoryFormat(commonDirectory);
  return { store: new ObjectStore(`${commonDirectory}/objects`, idBytes), idBytes };
}
