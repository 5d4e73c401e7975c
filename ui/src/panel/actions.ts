/** What can be done with a chat; what cannot be undone is asked first. */

import { Dialog, InputDialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { Contents } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';

import type { ChatSession } from '../chat/session';
import type { ChatDescription } from '../wire/api';
import { Chats } from './chats';
import { titleOf } from './names';
import { saveChat } from './save';

export interface IActionsOptions {
  readonly chats: Chats;
  readonly contents: Contents.IManager;
  readonly trans: TranslationBundle;
  /** The folder that the person is in. */
  folder(): string;
  /** Show a file that was written. */
  show(path: string): void | Promise<void>;
}

export class ChatActions {
  constructor(options: IActionsOptions) {
    this._options = options;
  }

  /** Begin a chat and show it in the panel. */
  create(): Promise<void> {
    const { chats, trans } = this._options;
    return this._try(trans.__('No chat could be created'), () => chats.create());
  }

  async rename(chat: ChatDescription): Promise<void> {
    const { chats, trans } = this._options;
    const { value, button } = await InputDialog.getText({
      title: trans.__('Rename the chat'),
      label: trans.__('Title'),
      text: chat.title,
      okLabel: trans.__('Rename')
    });
    const title = value?.trim();
    if (button.accept && title && title !== chat.title) {
      await this._try(trans.__('The chat could not be renamed'), () =>
        chats.rename(chat.id, title)
      );
    }
  }

  async remove(chat: ChatDescription): Promise<void> {
    const { chats, trans } = this._options;
    const isSure = await this._ask(
      trans.__('Delete the chat?'),
      trans.__('%1 and all that was said in it will be deleted.', titleOf(chat, trans)),
      trans.__('Delete')
    );
    if (isSure) {
      await this._try(trans.__('The chat could not be deleted'), () => chats.remove(chat.id));
    }
  }

  async clear(session: ChatSession): Promise<void> {
    const { trans } = this._options;
    const isSure = await this._ask(
      trans.__('Clear the chat?'),
      trans.__('All that was said in %1 will be forgotten.', titleOf(session, trans)),
      trans.__('Clear')
    );
    if (isSure) {
      session.clear();
    }
  }

  /** Save the chat to a file, then show that. */
  async export(session: ChatSession): Promise<void> {
    const { contents, trans, folder, show } = this._options;
    const chat = { title: titleOf(session, trans), messages: session.messages };
    await this._try(trans.__('The chat could not be exported'), async () => {
      const path = await saveChat(chat, { contents, folder: folder(), trans });
      if (path !== null) {
        await show(path);
      }
    });
  }

  private async _ask(title: string, body: string, label: string): Promise<boolean> {
    const { trans } = this._options;
    const { button } = await showDialog({
      title,
      body,
      buttons: [Dialog.cancelButton({ label: trans.__('Cancel') }), Dialog.warnButton({ label })]
    });
    return button.accept;
  }

  private async _try(failure: string, action: () => Promise<unknown>): Promise<void> {
    try {
      await action();
    } catch (error) {
      await showErrorMessage(failure, error instanceof Error ? error.message : String(error));
    }
  }

  private readonly _options: IActionsOptions;
}
