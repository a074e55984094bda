import { isUtf8 } from "node:buffer";

/**
 * Text in which bytes that are no UTF-8 stay what they are, each as a lone surrogate from U+DC80 to U+DCFF: the names of
 * files and refs are bytes, and a name that was read must lead to the same file again. Source: PEP 383.
 */
export function decodeBytes(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString("utf8") : [...decodeParts(bytes)].join("");
}

function* decodeParts(bytes: Buffer): Generator<string> {
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    if (length === 0) {
      yield bytes.toString("utf8", start, at);
      yield String.fromCharCode(0xdc00 + (bytes[at] ?? 0));
      start = at + 1;
    }
    at += Math.max(1, length);
  }
  yield bytes.toString("utf8", start);
}

/** Of the character that begins there; 0 if none does. */
function characterLength(bytes: Buffer, at: number): number {
  return (
    [1, 2, 3, 4].find((length) => at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length))) ?? 0
  );
}

/** The bytes that were decoded. */
export function encodeBytes(text: string): Buffer {
  if (text.isWellFormed()) return Buffer.from(text);
  const parts = text.split(/([\udc80-\udcff])/u);
  return Buffer.concat(
    parts.map((part, index) =>
      index % 2 === 1 ? Buffer.of(part.charCodeAt(0) - 0xdc00) : Buffer.from(part),
    ),
  );
}

/** The path for a call of `node:fs`, which takes text for UTF-8. */
export function encodePath(path: string): string | Buffer {
  return path.isWellFormed() ? path : encodeBytes(path);
}
