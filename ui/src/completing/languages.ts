/** How languages are called: by servers, by JupyterLab, and by people. */

import type { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import type { TranslationBundle } from '@jupyterlab/translation';

const TEXT = 'text';
const NAMES: Record<string, string> = {
  ipython: 'python',
  ipythongfm: 'markdown',
  none: TEXT,
  'plain text': TEXT,
  txt: TEXT
};

type Registry = Pick<IEditorLanguageRegistry, 'findByExtension' | 'findByName' | 'getLanguages'>;

/** The name of a language as servers know it, by that of JupyterLab's editor. */
export function languageName(name: string | undefined): string {
  const lower = (name ?? 'none').toLowerCase();
  return NAMES[lower] ?? lower;
}

/** The same by what people call it: as JupyterLab does, or by the ending of its files. */
export function languageNamed(text: string, languages: Registry): string {
  const name = text.trim().toLowerCase();
  const found =
    languages.findByName(name) ??
    languages.getLanguages().find(({ displayName }) => displayName?.toLowerCase() === name) ??
    languages.findByExtension(name);
  return languageName(found?.name ?? name);
}

/** How people call it. */
export function languageTitle(
  name: string,
  languages: Registry,
  trans: Pick<TranslationBundle, '__'>
): string {
  return name === TEXT ? trans.__('Plain Text') : (languages.findByName(name)?.displayName ?? name);
}
