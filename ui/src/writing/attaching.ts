/** What becomes an attachment of the next prompt, what does not, and what of it has to be saved before. */

import { IDocumentManager } from '@jupyterlab/docmanager';
import { Contents } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';
import { Attachment } from 'jupyter-ai-tokens';

import { MOST_ATTACHMENTS, nameOf } from '../chat/attachments';
import { ChatSession } from '../chat/session';

const OWN_DRIVES = ['', 'RTC']; // of the server's files; the second one's are written by several people at once

/** A file or a folder, or a whole notebook. */
export function asAttachment(path: string): Attachment {
  return { type: 'file', value: path };
}

export type Drives = Pick<Contents.IManager, 'driveName' | 'localPath'>;

/** A path below the server's root; null if the file is of another place. */
export function ownPath(path: string, drives: Drives): string | null {
  return OWN_DRIVES.includes(drives.driveName(path)) ? drives.localPath(path) : null;
}

/** Attach these to what is being written; which were not taken, and why, is told in the chat. */
export function attach(
  session: Pick<ChatSession, 'notice' | 'writing'>,
  attachments: readonly Attachment[],
  drives: Drives,
  trans: TranslationBundle
): void {
  const elsewhere: Attachment[] = [];
  const tooMany: Attachment[] = [];
  for (const attachment of attachments) {
    const value = ownPath(attachment.value, drives);
    if (value === null) {
      elsewhere.push(attachment);
    } else if (!session.writing.attach({ ...attachment, value })) {
      tooMany.push(attachment);
    }
  }
  const refusals = [];
  if (elsewhere.length > 0) {
    const names = namesOf(elsewhere, trans);
    refusals.push(trans.__('Not attached, as not among the files of the server: %1.', names));
  }
  if (tooMany.length > 0) {
    const names = namesOf(tooMany, trans);
    refusals.push(
      trans.__('A prompt takes %1 attachments. Not attached: %2.', MOST_ATTACHMENTS, names)
    );
  }
  if (refusals.length > 0) {
    session.notice = refusals.join(' ');
  }
}

function namesOf(attachments: readonly Attachment[], trans: TranslationBundle): string {
  return attachments.map(attachment => nameOf(attachment, trans)).join(', ');
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
