/** Shows what is attached in JupyterLab: a file, or the first of the cells of a notebook. */

import { IDocumentManager } from '@jupyterlab/docmanager';
import { NotebookPanel } from '@jupyterlab/notebook';
import { Attachment } from 'jupyter-ai-tokens';

export async function openAttachment(
  attachment: Attachment,
  documents: IDocumentManager
): Promise<void> {
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

async function showCell(notebook: NotebookPanel['content'], id: string): Promise<void> {
  const at = notebook.widgets.findIndex(({ model }) => model.id === id);
  if (at !== -1) {
    notebook.activeCellIndex = at;
    await notebook.scrollToItem(at);
  }
}
