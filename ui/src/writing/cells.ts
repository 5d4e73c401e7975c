/** Where attached cells stand in their notebook: a file of an older format keeps no ids of them. */

import { INotebookTracker } from '@jupyterlab/notebook';
import { Contents } from '@jupyterlab/services';
import { Attachment } from 'jupyter-ai-tokens';

/** A notebook that is open: its path on its drive, and the ids of its cells in their order. */
export interface IOpenNotebook {
  readonly path: string;
  readonly cells: readonly string[];
}

export function openNotebooks(
  tracker: INotebookTracker | null,
  drives: Pick<Contents.IManager, 'localPath'>
): readonly IOpenNotebook[] {
  const found: IOpenNotebook[] = [];
  tracker?.forEach(({ context, content }) => {
    const cells = content.widgets.map(({ model }) => model.id);
    found.push({ path: drives.localPath(context.path), cells });
  });
  return found;
}

/** The same, of which each cell that is found in a notebook tells where it stands now. */
export function withIndexes(
  attachments: readonly Attachment[],
  notebooks: readonly IOpenNotebook[]
): readonly Attachment[] {
  return attachments.map(attachment => {
    const open = notebooks.find(({ path }) => path === attachment.value);
    return open === undefined ? attachment : withIndexesOf(attachment, open);
  });
}

function withIndexesOf(attachment: Attachment, open: IOpenNotebook): Attachment {
  if (attachment.type === 'file' || !attachment.cells) {
    return attachment;
  }
  const cells = attachment.cells.map(cell => {
    const index = open.cells.indexOf(cell.id);
    return index === -1 ? cell : { ...cell, index };
  });
  return { ...attachment, cells };
}
