/** What is wrong with what was entered, where it was entered. */

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { Mistake, MOST_MEMORY } from './draft';

export function Problem({ text }: { text: string | undefined }): JSX.Element {
  return (
    <div role="alert" className="jp-ai-settings-problem">
      {text}
    </div>
  );
}

export function mistakeText(mistake: Mistake, trans: TranslationBundle): string {
  switch (mistake) {
    case 'json':
      return trans.__('This is not JSON. Look for a missing quote, comma or brace.');
    case 'integer':
      return trans.__('This must be a whole number.');
    case 'memory':
      return trans.__('This must be a whole number from 0 to %1.', String(MOST_MEMORY));
  }
}
