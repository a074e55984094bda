/** Markup that is safe to send. Only the `html` tag makes it, so that nothing reaches a page unescaped. */
export class Html {
  readonly markup: string;

  constructor(markup: string) {
    this.markup = markup;
  }
}

type Content = Html | string | number | undefined | false | readonly Content[];

/** A template of markup whose inserted values are escaped, except those that this tag made. */
export function html(strings: TemplateStringsArray, ...values: readonly Content[]): Html {
  return new Html(strings.reduce((markup, text, index) => markup + render(values[index - 1]) + text));
}

function render(content: Content): string {
  if (content === undefined || content === false) return "";
  if (content instanceof Html) return content.markup;
  if (typeof content === "object") return content.map(render).join("");
  return escape(String(content));
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
  "`": "&#96;",
};

/** Invisible characters are shown by their number: a slot must not reorder or hide what an operator reads. */
function escape(text: string): string {
  return text
    .replace(/[&<>"'`]/g, (character) => entities[character] ?? "")
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu, (character) => {
      const number = character.codePointAt(0)?.toString(16).toUpperCase().padStart(4, "0") ?? "";
      return `[U+${number}]`;
    });
}
