import { expect, test } from "vitest";
import { formatListenAddress, parseListenAddress } from "../../src/http/listen-address.ts";

test.each([
  ["127.0.0.1:10469", { host: "127.0.0.1", port: 10_469 }],
  ["[::1]:0", { host: "::1", port: 0 }],
  [":10469", { host: undefined, port: 10_469 }],
  ["build-1:80", { host: "build-1", port: 80 }],
])("%s is an address to listen on", (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

test.each(["10469", "::1:80", "[build]:80", "a:65536", "a:", "a:80/x"])(
  "%s is refused with an example",
  (text) => {
    expect(() => parseListenAddress(text)).toThrow(
      expect.objectContaining({ code: "LISTEN_ADDRESS_INVALID" }),
    );
  },
);

test("an IPv6 address is written in brackets", () => {
  expect([formatListenAddress("::1", 80), formatListenAddress("127.0.0.1", 80)]).toEqual([
    "[::1]:80",
    "127.0.0.1:80",
  ]);
});
