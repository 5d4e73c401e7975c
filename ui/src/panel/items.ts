/** The built-in buttons of the panel. */

import { TranslationBundle } from '@jupyterlab/translation';
import {
  addIcon,
  cleaningIcon,
  deleteIcon,
  downloadIcon,
  editIcon,
  launchIcon,
  settingsIcon
} from '@jupyterlab/ui-components';
import { IToolbarContext, IToolbarItem } from 'jupyter-ai-tokens';

import type { ChatSession } from '../chat/session';
import type { ChatDescription } from '../wire/api';
import { ChatActions } from './actions';
import { Chats } from './chats';

export interface IPanelItemsOptions {
  readonly chats: Chats;
  readonly actions: ChatActions;
  readonly trans: TranslationBundle;
  showSettings(): void;
  /** Null where there is no room for it. */
  readonly openMain: ((id: string) => Promise<void>) | null;
}

export function panelItems(options: IPanelItemsOptions): IToolbarItem[] {
  const { chats, actions, trans, openMain, showSettings } = options;
  const mine = ({ chat }: IToolbarContext): ChatDescription | undefined => {
    const found = chats.find(chat.id);
    return found !== undefined && chats.isMine(found) ? found : undefined;
  };
  return [
    {
      id: 'new',
      rank: 10,
      place: 'panel',
      label: trans.__('New chat'),
      icon: addIcon,
      execute: () => actions.create()
    },
    {
      id: 'settings',
      rank: 20,
      place: 'panel',
      label: trans.__('Settings of the chat'),
      icon: settingsIcon,
      execute: () => showSettings()
    },
    {
      id: 'rename',
      rank: 60,
      place: 'panel',
      label: trans.__('Rename…'),
      icon: editIcon,
      isEnabled: context => mine(context) !== undefined,
      execute: async context => actions.rename(mine(context)!)
    },
    {
      id: 'main-area',
      rank: 70,
      place: 'panel',
      label: trans.__('Open in the main area'),
      icon: launchIcon,
      isVisible: () => openMain !== null,
      execute: ({ chat }) => openMain?.(chat.id)
    },
    {
      id: 'export',
      rank: 80,
      place: 'panel',
      label: trans.__('Export…'),
      icon: downloadIcon,
      isEnabled: ({ chat }) => chat.messages.length > 0,
      execute: context => actions.export(session(context))
    },
    {
      id: 'clear',
      rank: 90,
      place: 'panel',
      label: trans.__('Clear…'),
      icon: cleaningIcon,
      isEnabled: context => session(context).state === 'connected',
      execute: context => actions.clear(session(context))
    },
    {
      id: 'delete-chat',
      rank: 95,
      place: 'panel',
      label: trans.__('Delete…'),
      icon: deleteIcon,
      isEnabled: context => mine(context)?.is_default === false,
      execute: async context => actions.remove(mine(context)!)
    }
  ];
}

/** What our own panel puts into the context. */
function session({ chat }: IToolbarContext): ChatSession {
  return chat as ChatSession;
}
