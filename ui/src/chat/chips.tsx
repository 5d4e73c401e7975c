/** What is attached to a prompt or a message, one beside the other. */

import { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon } from '@jupyterlab/ui-components';
import { Attachment } from 'jupyter-ai-tokens';
import React from 'react';

import { nameOf } from './attachments';

export interface IChipsProps {
  readonly attachments: readonly Attachment[];
  readonly trans: TranslationBundle;
  open(attachment: Attachment): void;
  /** Take one away; without it they stay. */
  remove?(attachment: Attachment): void;
}

export function Chips({ attachments, trans, open, remove }: IChipsProps): JSX.Element | null {
  if (attachments.length === 0) {
    return null;
  }
  return (
    <ul className="jp-ai-chips" aria-label={trans.__('Attachments')}>
      {attachments.map((attachment, i) => (
        <li key={i} className="jp-ai-chip">
          <button
            type="button"
            className="jp-ai-chip-name"
            title={trans.__('Open %1', attachment.value)}
            onClick={() => open(attachment)}
          >
            {nameOf(attachment, trans)}
          </button>
          {remove && (
            <button
              type="button"
              className="jp-ai-icon-button"
              title={trans.__('Remove')}
              aria-label={trans.__('Remove %1', nameOf(attachment, trans))}
              onClick={() => remove(attachment)}
            >
              <closeIcon.react tag="span" />
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
