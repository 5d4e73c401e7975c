/** The commands of the chat, for the palette, the launcher, shortcuts and other extensions. */

import { TranslationBundle } from '@jupyterlab/translation';
import { addIcon, settingsIcon } from '@jupyterlab/ui-components';
import { CommandRegistry } from '@lumino/commands';

import type { ChatSession } from '../chat/session';
import { ChatActions } from './actions';
import { Chats } from './chats';
import { chatIcon } from './icons';
import { MainArea } from './main_area';

export const CommandIDs = {
  open: 'jupyter-ai-ui:open',
  create: 'jupyter-ai-ui:new',
  openMain: 'jupyter-ai-ui:open-main',
  export: 'jupyter-ai-ui:export',
  clear: 'jupyter-ai-ui:clear',
  settings: 'jupyter-ai-ui:settings'
} as const;

export interface ICommandsOptions {
  readonly chats: Chats;
  readonly actions: ChatActions;
  readonly trans: TranslationBundle;
  /** Null where there is only one place in the main area. */
  readonly mainArea: MainArea | null;
  /** The session of the panel. */
  session(): ChatSession | null;
  openPanel(): void;
  showSettings(): void;
}

export function addCommands(commands: CommandRegistry, options: ICommandsOptions): void {
  const { chats, actions, trans, mainArea, openPanel } = options;
  /** The chat that the person is at. */
  const session = () => mainArea?.session ?? options.session();

  commands.addCommand(CommandIDs.open, {
    label: trans.__('Open Chat'),
    caption: trans.__('Open the chat in the sidebar'),
    icon: chatIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          id: {
            type: 'string',
            description: trans.__('The id of the chat; the last one if absent')
          }
        }
      }
    },
    execute: args => {
      if (typeof args.id === 'string' && chats.find(args.id)) {
        chats.select(args.id);
      }
      openPanel();
    }
  });
  commands.addCommand(CommandIDs.create, {
    label: trans.__('New Chat'),
    caption: trans.__('Begin a new chat'),
    icon: addIcon,
    describedBy: { args: null },
    isEnabled: () => chats.isLoaded,
    execute: async () => {
      await actions.create();
      openPanel();
    }
  });
  if (mainArea !== null) {
    addOpenMain(commands, options, mainArea);
  }
  commands.addCommand(CommandIDs.export, {
    label: trans.__('Export Chat…'),
    caption: trans.__('Save the chat as Markdown or as a notebook'),
    describedBy: { args: null },
    isEnabled: () => (session()?.messages.length ?? 0) > 0,
    execute: () => actions.export(session()!)
  });
  commands.addCommand(CommandIDs.clear, {
    label: trans.__('Clear Chat…'),
    caption: trans.__('Forget all that was said in the chat'),
    describedBy: { args: null },
    isEnabled: () => session()?.state === 'connected',
    execute: () => actions.clear(session()!)
  });
  commands.addCommand(CommandIDs.settings, {
    label: trans.__('Chat Settings'),
    caption: trans.__('Choose the models and their keys'),
    icon: settingsIcon,
    describedBy: { args: null },
    execute: () => {
      if (mainArea !== null) {
        mainArea.openSettings();
      } else {
        openPanel();
        options.showSettings();
      }
    }
  });
}

function addOpenMain(
  commands: CommandRegistry,
  { chats, trans }: ICommandsOptions,
  mainArea: MainArea
): void {
  commands.addCommand(CommandIDs.openMain, {
    label: args => (args.cwd === undefined ? trans.__('Open Chat in Main Area') : trans.__('Chat')),
    caption: trans.__('Open the chat as a tab of the main area'),
    icon: chatIcon,
    describedBy: {
      args: {
        type: 'object',
        properties: {
          id: {
            type: 'string',
            description: trans.__('The id of the chat; that of the panel if absent')
          }
        }
      }
    },
    execute: async args => {
      if (typeof args.id === 'string') {
        // At once: the layout is not restored before this is done, and the server may be slow.
        return mainArea.open(args.id);
      }
      if (!chats.isLoaded) {
        await chats.load();
      }
      return chats.current === null ? null : mainArea.open(chats.current.id);
    }
  });
}
