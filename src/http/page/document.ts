import { html, type Html } from "./html.ts";

/** From a page to what everything is served below. Links are relative, so that they work below a path of a reverse proxy. */
export type Root = "./" | "../";

export interface Document {
  readonly root: Root;
  readonly title: string;
  /** Stands above the content; a runbook brings its own. */
  readonly header?: { readonly heading: Html | string; readonly facts: Html };
  readonly main: Html;
  /** True if the page's script replaces the content by a fresh one. */
  readonly isLive?: boolean;
  /** Addresses below the root, for machines. */
  readonly links?: readonly string[];
  readonly version: string;
}

/** The one frame of every page. */
export function renderDocument({ root, title, header, main, isLive, links, version }: Document): string {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${title}</title>
        <link rel="icon" href="${root}assets/icon.svg" />
        <link rel="stylesheet" href="${root}assets/page.css" />
        ${isLive === true && html`<script src="${root}assets/page.js" defer></script>`}
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        ${
          header &&
          html`<header>
            <h1>${header.heading}</h1>
            <p class="quiet">${header.facts}</p>
          </header>`
        }
        <main id="main">${main}</main>
        <footer>
          ${
            links === undefined
              ? html`<a href="${root}">The status page</a>`
              : html`<nav aria-label="For machines">
                  ${links.map((link) => html`<a href="${root}${link}">/${link}</a> `)}
                </nav>`
          }
          <span class="quiet">version ${version}</span>
        </footer>
      </body>
    </html>`.markup;
}
