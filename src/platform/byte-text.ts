import { isUtf8 } from "node:buffer";

/**
 * Text in which bytes that are no UTF-8 stay what they are, each as a lone surrogate from U+DC80 to U+DCFF: the names of
 * files and refs are bytes, and a name that was read must lead to the same file again. Source: PEP 383.
 */
export function decodeBytes(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString("utf8") : decodeEach(bytes);
}

/** The same of bytes that were taken for latin1 on the way. */
export function decodeLatin1(text: string): string {
  return decodeBytes(Buffer.from(text, "latin1"));
}

/** Without an object for each character: a slot's file may hold hundreds of megabytes of other bytes. */
function decodeEach(bytes: Buffer): string {
  const units = Buffer.allocUnsafe(bytes.length * 2);
  let end = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterLength(bytes, at);
    const point = length === 0 ? 0xdc00 + (bytes[at] ?? 0) : codePointAt(bytes, at, length);
    if (point < 0x10000) end = units.writeUInt16LE(point, end);
    else {
      end = units.writeUInt16LE(0xd800 + ((point - 0x10000) >> 10), end);
      end = units.writeUInt16LE(0xdc00 + ((point - 0x10000) & 0x3ff), end);
    }
    at += Math.max(1, length);
  }
  return units.toString("utf16le", 0, end);
}

/** Of the character that begins there; 0 if none does. Source: table 3-7 of the Unicode Standard. */
function characterLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return 1;
  if (first < 0xc2 || first > 0xf4) return 0;
  const length = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (!maySecondFollow(first, bytes[at + 1] ?? 0)) return 0;
  for (let next = at + 2; next < at + length; next++) if (((bytes[next] ?? 0) & 0xc0) !== 0x80) return 0;
  return length;
}

/** Rules out longer forms than needed, surrogates, and what lies beyond the last character. */
function maySecondFollow(first: number, second: number): boolean {
  const lowest = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const highest = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  return second >= lowest && second <= highest;
}

function codePointAt(bytes: Buffer, at: number, length: number): number {
  if (length === 1) return bytes[at] ?? 0;
  let point = (bytes[at] ?? 0) & (0xff >> (length + 1));
  for (let next = at + 1; next < at + length; next++) point = (point << 6) | ((bytes[next] ?? 0) & 0x3f);
  return point;
}

/** The bytes that were decoded; bytes stay what they are. */
export function encodeBytes(text: string | Buffer): Buffer {
  if (typeof text !== "string") return text;
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
