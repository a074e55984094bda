const plain = /[A-Za-z0-9-]/;

/** Where pg-boss puts what no host could take. */
export const deadLetterQueue = "dead-letter";

/**
 * The queue of a host. pg-boss takes letters, digits, `_` and `-`: every other byte of the name becomes `_` and its two
 * hexadecimal digits, so that no two names have one queue.
 */
export function queueNameOf(sidecar: string): string {
  const bytes = [...Buffer.from(sidecar, "utf8")];
  return `host-${bytes.map(encodeByte).join("")}`;
}

function encodeByte(byte: number): string {
  const character = String.fromCharCode(byte);
  return plain.test(character) ? character : `_${byte.toString(16).padStart(2, "0")}`;
}
