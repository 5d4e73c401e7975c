/** The built-in buttons of messages. */

import { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, copyIcon, editIcon, refreshIcon } from '@jupyterlab/ui-components';
import { IChatMessage, IToolbarContext, IToolbarItem } from 'jupyter-ai-tokens';

import { ChatSession } from '../chat/session';
import { withoutStopWords } from '../reading/marks';

export function messageItems(trans: TranslationBundle): IToolbarItem[] {
  return [
    {
      id: 'copy',
      rank: 10,
      place: 'message',
      label: trans.__('Copy the message'),
      icon: copyIcon,
      isVisible: ({ message }) => message !== undefined && textOf(message) !== '',
      isEnabled: () => navigator.clipboard !== undefined,
      execute: ({ message }) => navigator.clipboard.writeText(textOf(message!))
    },
    {
      id: 'retry',
      rank: 20,
      place: 'message',
      label: trans.__('Ask again: a new answer takes the place of this one'),
      icon: refreshIcon,
      isVisible: isLastOfMine,
      isEnabled: isIdle,
      execute: context => session(context).retry(context.message!.id)
    },
    {
      id: 'edit',
      rank: 30,
      place: 'message',
      label: trans.__('Edit and send again'),
      icon: editIcon,
      isVisible: isLastOfMine,
      isEnabled: isIdle,
      execute: context => session(context).edit(context.message!.id)
    },
    {
      id: 'delete',
      rank: 40,
      place: 'message',
      label: trans.__('Delete this message and its answers'),
      icon: closeIcon,
      isVisible: ({ message }) => message?.type === 'human',
      isEnabled: context => session(context).state === 'connected',
      execute: ({ chat, message }) => chat.clear(message!.id)
    }
  ];
}

/** What a message says. */
function textOf(message: IChatMessage): string {
  return withoutStopWords(message).body;
}

/** What our own views put into the context. */
function session({ chat }: IToolbarContext): ChatSession {
  return chat as ChatSession;
}

function isLastOfMine(context: IToolbarContext): boolean {
  return context.message !== undefined && session(context).lastOfMine?.id === context.message.id;
}

function isIdle(context: IToolbarContext): boolean {
  return session(context).state === 'connected' && !context.chat.busy;
}
