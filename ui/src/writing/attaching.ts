/** What becomes an attachment of the next prompt: files that are chosen, and what is dropped on the input. */

import { IDocumentManager } from '@jupyterlab/docmanager';
import { FileDialog } from '@jupyterlab/filebrowser';
import { Contents } from '@jupyterlab/services';
import { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import { LabIcon } from '@jupyterlab/ui-components';
import { Attachment, IToolbarItem } from 'jupyter-ai-tokens';

import { MOST_ATTACHMENTS, nameOf } from '../chat/attachments';
import { ChatSession } from '../chat/session';

const OWN_DRIVES = ['', 'RTC']; // of the server's files; the second one's are written by several people at once

const attachIcon = new LabIcon({
  name: 'jupyter-ai-ui:attach',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<path class="jp-icon3" style="fill:none" stroke="#616161" stroke-width="2" stroke-linecap="round" ' +
    'd="M7 8v9a5 5 0 0 0 10 0V6.5a3.5 3.5 0 0 0-7 0V16a2 2 0 0 0 4 0V8"/></svg>'
});

type Drives = Pick<Contents.IManager, 'driveName' | 'localPath'>;

/** A path below the server's root; null if the file is of another place. */
export function ownPath(path: string, drives: Drives): string | null {
  return OWN_DRIVES.includes(drives.driveName(path)) ? drives.localPath(path) : null;
}

/** Attach something to what is being written; why not is told in the chat. */
export function attach(
  session: ChatSession,
  attachment: Attachment,
  drives: Drives,
  trans: TranslationBundle
): void {
  const value = ownPath(attachment.value, drives);
  if (value === null) {
    session.notice = trans.__(
      '%1 was not attached: it is not among the files of the server.',
      nameOf(attachment, trans)
    );
  } else if (!session.writing.attach({ ...attachment, value })) {
    session.notice = trans.__(
      '%1 was not attached: a prompt takes %2 attachments.',
      nameOf(attachment, trans),
      MOST_ATTACHMENTS
    );
  }
}

/** The button of the input that asks for files. */
export function attachItem(
  documents: IDocumentManager,
  drives: Drives,
  translator: ITranslator
): IToolbarItem {
  const trans = translator.load('jupyter_ai');
  return {
    id: 'attach',
    rank: 70,
    place: 'input',
    label: trans.__('Attach files'),
    icon: attachIcon,
    execute: async ({ chat }) => {
      const chosen = await FileDialog.getOpenFiles({
        title: trans.__('Attach Files to the Prompt'),
        manager: documents,
        translator
      });
      for (const { type, path } of chosen.button.accept ? (chosen.value ?? []) : []) {
        if (type !== 'directory') {
          attach(chat as ChatSession, { type: 'file', value: path }, drives, trans);
        }
      }
      chat.focus();
    }
  };
}

/** Save what is attached and has changes, as the server reads what is saved; null if there is none. */
export function saveAttached(
  attachments: readonly Attachment[],
  documents: IDocumentManager | null
): Promise<unknown> | null {
  const unsaved = attachments.flatMap(({ value }) => {
    const widget = documents?.findWidget(value, null);
    const context = widget ? documents?.contextForWidget(widget) : undefined;
    return context?.model.dirty && !context.model.readOnly ? [context] : [];
  });
  // One that cannot be saved is told by JupyterLab; the prompt goes with what is there.
  return unsaved.length === 0 ? null : Promise.allSettled(unsaved.map(context => context.save()));
}
