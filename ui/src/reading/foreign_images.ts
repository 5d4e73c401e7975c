/** Keeps messages from loading images of other hosts by themselves: an address can carry away what the model knows. */

import { IRenderMime } from '@jupyterlab/rendermime';
import { TranslationBundle } from '@jupyterlab/translation';

const IMAGE = 'jp-ai-foreign-image';
const FILE = 'jp-ai-foreign-file';
const LOADED = ['src', 'srcset', 'poster', 'background'];
const OWN = ['data:', 'blob:', 'attachment:'];

type Attributes = Record<string, string>;

/** Whether showing this asks no host but the page's own. */
export function isOwn(address: string, page: string): boolean {
  try {
    const { protocol, origin } = new URL(address, page);
    return OWN.includes(protocol) || origin === new URL(page).origin;
  } catch {
    return false;
  }
}

/** An element as it may be shown: an image or film of another host becomes a link to it, of a class that `offerForeign` knows. */
export function withoutForeign(
  tagName: string,
  attribs: Attributes,
  page: string
): { tagName: string; attribs: Attributes } {
  const isForeign = (name: string) => name in attribs && !isOwn(attribs[name], page);
  if (['img', 'video', 'audio'].includes(tagName) && isForeign('src')) {
    const kind = tagName === 'img' ? IMAGE : FILE;
    return { tagName: 'a', attribs: { class: kind, href: attribs.src, title: attribs.alt ?? '' } };
  }
  const kept = Object.entries(attribs).filter(
    ([name, value]) =>
      !(LOADED.includes(name) && isForeign(name)) &&
      // Letters may be written as codes behind a backslash.
      !(name === 'style' && /url|image|src|\\/i.test(value))
  );
  return { tagName, attribs: Object.fromEntries(kept) };
}

/** JupyterLab's sanitizer, to which it hands one more rule. */
export class OwnImagesSanitizer implements IRenderMime.ISanitizer {
  constructor(private readonly _sanitizer: IRenderMime.ISanitizer) {}

  getAutolink(): boolean {
    return this._sanitizer.getAutolink?.() ?? true;
  }

  get allowNamedProperties(): boolean {
    return this._sanitizer.allowNamedProperties ?? false;
  }

  get allowCommandLinker(): boolean {
    return false;
  }

  sanitize(dirty: string, options?: IRenderMime.ISanitizerOptions): string {
    const transform = (tagName: string, { id, ...attribs }: Attributes) => {
      // As JupyterLab's own rule, whose place this takes.
      const named = this.allowNamedProperties ? { id } : { 'data-jupyter-id': id };
      const all = id === undefined ? attribs : { ...attribs, ...named };
      return withoutForeign(tagName, all as Attributes, document.baseURI);
    };
    const more = { ...options, transformTags: { '*': transform } };
    return this._sanitizer.sanitize(dirty, more);
  }
}

/** Put a button in the place of each image of another host, which loads it; a film or sound opens in a tab of its own. */
export function offerForeign(node: HTMLElement, trans: TranslationBundle): void {
  for (const link of node.querySelectorAll<HTMLAnchorElement>(`a.${FILE}`)) {
    link.textContent = trans.__('Open the file on %1', link.host);
  }
  for (const link of node.querySelectorAll<HTMLAnchorElement>(`a.${IMAGE}`)) {
    link.replaceWith(imageButton(link, trans));
  }
}

function imageButton(link: HTMLAnchorElement, trans: TranslationBundle): HTMLElement {
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'jp-ai-text-button';
  button.title = link.href;
  button.textContent = link.title
    ? trans.__('Load image from %1: %2', link.host, link.title)
    : trans.__('Load image from %1', link.host);
  button.addEventListener('click', event => {
    event.preventDefault(); // it may stand in a link
    const image = document.createElement('img');
    image.referrerPolicy = 'no-referrer';
    image.alt = link.title;
    image.src = link.href;
    image.tabIndex = -1;
    button.replaceWith(image);
    image.focus();
  });
  return button;
}
