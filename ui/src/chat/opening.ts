/** Shows what is attached in JupyterLab: a file, a folder, or the first of the cells of a notebook. */

import { IDocumentManager } from '@jupyterlab/docmanager';
import { NotebookPanel } from '@jupyterlab/notebook';
import { Contents } from '@jupyterlab/services';
import { CommandRegistry } from '@lumino/commands';
import { Attachment } from 'jupyter-ai-tokens';

export async function openAttachment(
  attachment: Attachment,
  documents: IDocumentManager,
  commands: CommandRegistry
): Promise<void> {
  if (await isFolder(attachment.value, documents.services.contents)) {
    await commands.execute('filebrowser:go-to-path', { path: attachment.value });
    return;
  }
  const widget = documents.openOrReveal(attachment.value);
  const [cell] = attachment.type === 'notebook' ? (attachment.cells ?? []) : [];
  if (cell !== undefined && widget instanceof NotebookPanel) {
    try {
      await widget.revealed;
    } catch {
      return; // JupyterLab has told why
    }
    await showCell(widget.content, cell.id);
  }
}

async function isFolder(path: string, contents: Contents.IManager): Promise<boolean> {
  try {
    return (await contents.get(path, { content: false })).type === 'directory';
  } catch {
    return false; // JupyterLab tells why when it is opened
  }
}

async function showCell(notebook: NotebookPanel['content'], id: string): Promise<void> {
  const at = notebook.widgets.findIndex(({ model }) => model.id === id);
  if (at !== -1) {
    notebook.activeCellIndex = at;
    await notebook.scrollToItem(at);
  }
}
