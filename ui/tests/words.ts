/** A translation that leaves the words as they are: JupyterLab's own cannot be loaded by node. */

import type { TranslationBundle } from '@jupyterlab/translation';

function filled(text: string, ...values: unknown[]): string {
  return text.replace(/%(\d+)/g, (_, number: string) => String(values[Number(number) - 1]));
}

export const trans = {
  __: filled,
  _n: (one: string, many: string, count: number, ...values: unknown[]) =>
    filled(count === 1 ? one : many, count, ...values)
} as unknown as TranslationBundle;
