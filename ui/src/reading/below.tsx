/** Below a message: what is attached to it, and what of files and the like the model has read. */

import { TranslationBundle } from '@jupyterlab/translation';
import { IChatMessage } from 'jupyter-ai-tokens';
import React from 'react';

import { Chips } from '../chat/chips';
import { IChatServices } from '../chat/services';
import { details, inclusionsOf, summary } from './inclusions';

export interface IBelowProps {
  readonly message: IChatMessage;
  readonly services: IChatServices;
  readonly trans: TranslationBundle;
}

export function Below({ message, services, trans }: IBelowProps): JSX.Element | null {
  const { attachments = [] } = message;
  const inclusions = inclusionsOf(message);
  if (attachments.length === 0 && inclusions.length === 0) {
    return null;
  }
  return (
    <div className="jp-ai-below">
      <Chips
        attachments={attachments}
        trans={trans}
        open={attachment => void services.open(attachment)}
      />
      {inclusions.length > 0 && (
        <details className="jp-ai-context">
          <summary>{summary(inclusions, trans)}</summary>
          <ul>
            {inclusions.map((one, i) => (
              <li key={i}>{details(one, trans)}</li>
            ))}
          </ul>
        </details>
      )}
    </div>
  );
}
