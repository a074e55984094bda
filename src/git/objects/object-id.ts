const objectIdPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** SHA-1 or SHA-256, in lower-case hexadecimal digits. */
export function isObjectId(text: string): boolean {
  return objectIdPattern.test(text);
}

/** All zeros: what git writes for no object. */
export function isNullId(id: string): boolean {
  return /^0+$/.test(id);
}

/** The object id that a ref file starts with. Git accepts either case, and anything after white space. */
export function leadingObjectId(text: string): string | undefined {
  const id = /^([0-9a-fA-F]{40}|[0-9a-fA-F]{64})(?:[ \t\n\r]|$)/.exec(text)?.[1]?.toLowerCase();
  return id === undefined || isNullId(id) ? undefined : id;
}

/** Of ids and checksums of that length; git names the object format of a repository like it. */
export function hashAlgorithm(idBytes: 20 | 32): "sha1" | "sha256" {
  return idBytes === 20 ? "sha1" : "sha256";
}

/** The length of ids in an object format; SHA-1 is git's own choice. */
export function idBytesOf(objectFormat: string | undefined): 20 | 32 {
  return objectFormat === "sha256" ? 32 : 20;
}

/** The tree without entries, in either object format. Git knows it without having it. */
const emptyTrees = {
  20: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  32: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
} as const;

export function emptyTreeOf(idBytes: 20 | 32): string {
  return emptyTrees[idBytes];
}
