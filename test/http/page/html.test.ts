import { expect, test } from "vitest";
import { html } from "../../../src/http/page/html.ts";

test("what is inserted is escaped, in text and in attributes", () => {
  const hostile = `<img src=x onerror="a('b')">&\``;
  expect(html`<p title="${hostile}">${hostile}</p>`.markup).not.toMatch(/<img|onerror="|'b'|`/);
  expect(html`${"<&>"}`.markup).toBe("&lt;&amp;&gt;");
});

test("markup of the tag itself stays, in lists too, and what is not there leaves nothing", () => {
  const item = html`<b>${1}</b>`;
  expect(html`${[item, item]}${undefined}${false}`.markup).toBe("<b>1</b><b>1</b>");
});

test.each([
  ["\u202e", "[U+202E]"],
  ["\u0007", "[U+0007]"],
  ["\u2028", "[U+2028]"],
])("an invisible character is shown by its number (%j)", (character, shown) => {
  expect(html`${`a${character}b`}`.markup).toBe(`a${shown}b`);
});
