import { describe, expect, test } from "vitest";
import { acceptsGzip, selectFormat } from "../../src/metrics/exposition-format.ts";

const prometheus2 =
  "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1";
const prometheus3 =
  "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8";

describe("the format of the answer", () => {
  test.each([
    ["OpenMetrics for Prometheus 2", prometheus2, "openmetrics"],
    ["OpenMetrics for Prometheus 3", prometheus3, "openmetrics"],
    ["text for a browser", browser, "text"],
    ["text without the header", undefined, "text"],
    ["text for an empty header", "", "text"],
    ["text where only something else is accepted", "application/json", "text"],
    [
      "text where its quality is higher",
      "application/openmetrics-text;version=1.0.0;q=0.2,text/plain;q=0.9",
      "text",
    ],
    ["text where both are equal", "application/openmetrics-text, text/plain", "text"],
    ["text where OpenMetrics is forbidden", "application/openmetrics-text;q=0, */*", "text"],
    ["text where only an older OpenMetrics is known", "application/openmetrics-text;version=0.0.1", "text"],
    ["OpenMetrics where its version is left open", "application/openmetrics-text", "openmetrics"],
    ["OpenMetrics for a quoted version", 'application/openmetrics-text; version="1.0.0"', "openmetrics"],
    ["OpenMetrics for its whole family", "application/*;q=0.5, text/*;q=0.4", "openmetrics"],
    [
      "OpenMetrics where all else is wanted less",
      "application/openmetrics-text;q=0.5, */*;q=0.2",
      "openmetrics",
    ],
    ["text where all else is wanted more", "application/openmetrics-text;q=0.5, */*;q=0.8", "text"],
    ["text for a quality above 1", "application/openmetrics-text;q=2, text/plain;q=0.1", "text"],
    [
      "OpenMetrics where text has one below 0",
      "application/openmetrics-text;q=0.1, text/plain;q=-1",
      "openmetrics",
    ],
    ["text for a quality that is no number", "application/openmetrics-text;q=best, text/plain;q=0.1", "text"],
  ])("is %s", (_name, accept, format) => {
    expect(selectFormat(accept)).toBe(format);
  });
});

describe("gzip", () => {
  test.each([
    ["gzip", true],
    ["gzip, deflate, br", true],
    ["GZIP;q=0.5", true],
    ["*", true],
    ["gzip;q=0", false],
    ["gzip;q=0.5, identity", false],
    ["identity;q=0.5, gzip", true],
    ["identity, gzip", true],
    ["identity;q=1, *;q=0.5", false],
    ["gzip;q=0, *", false],
    ["deflate", false],
    ["", false],
    [undefined, false],
  ])("for Accept-Encoding %j: %s", (header, isAccepted) => {
    expect(acceptsGzip(header)).toBe(isAccepted);
  });
});
