import { constants, deflateRawSync, gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { joinGzip } from "../../src/metrics/join-gzip.ts";

const piece = (text: string) => {
  const plain = Buffer.from(text);
  return { plain, deflated: deflateRawSync(plain, { finishFlush: constants.Z_FULL_FLUSH }) };
};

test.each([[[]], [["one"]], [["first\n", "", "second\n", "first\n"]], [["", "x"]]])(
  "pieces of %j are one member, whose checksum and length are those of all",
  (texts) => {
    const joined = joinGzip(texts.map(piece));
    // A wrong checksum or length makes it throw.
    expect(gunzipSync(joined).toString()).toBe(texts.join(""));
    expect(joined.readUInt32LE(joined.length - 4)).toBe(texts.join("").length);
  },
);
