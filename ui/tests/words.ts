/** A translation that leaves the words as they are: JupyterLab's own cannot be loaded by node. */

import type { TranslationBundle } from '@jupyterlab/translation';

export const trans = {
  __: (text: string, ...values: unknown[]) =>
    text.replace(/%(\d+)/g, (_, number: string) => String(values[Number(number) - 1]))
} as unknown as TranslationBundle;
