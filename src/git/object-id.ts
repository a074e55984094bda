const objectIdPattern = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;

/** SHA-1 or SHA-256, in lower-case hexadecimal digits. */
export function isObjectId(text: string): boolean {
  return objectIdPattern.test(text);
}
