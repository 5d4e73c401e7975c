/** What is attached to the next prompt, shown above the input. */

import { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';

import { Chips } from '../chat/chips';
import { useSignal } from '../chat/hooks';
import { IChatServices } from '../chat/services';
import { ChatSession } from '../chat/session';

export interface IAttachedProps {
  readonly session: ChatSession;
  readonly services: IChatServices;
  readonly trans: TranslationBundle;
}

export function Attached({ session, services, trans }: IAttachedProps): JSX.Element | null {
  const { writing } = session;
  useSignal(writing.attachmentsChanged);
  return (
    <Chips
      attachments={writing.attachments}
      trans={trans}
      open={attachment => void services.open(attachment)}
      remove={attachment => {
        writing.detach(attachment);
        session.focus();
      }}
    />
  );
}
