/** Saves a chat to a file of the person's choice. */

import { Dialog, InputDialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import { Contents } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';

import { ExportKind, IExported, kindOf, suggestName, toMarkdown, toNotebook } from './export';

export interface ISaveOptions {
  readonly contents: Contents.IManager;
  /** The folder that paths are relative to, unless they begin with a slash. */
  readonly folder: string;
  readonly trans: TranslationBundle;
}

/** Ask where to, and save; the path, or null if it was cancelled. */
export async function saveChat(chat: IExported, options: ISaveOptions): Promise<string | null> {
  let path: string | null = suggestName(chat.title);
  while ((path = await askPath(path, options)) !== null) {
    const kind = kindOf(path);
    const place = placeOf(path, options.folder);
    if (kind === null) {
      const { trans } = options;
      await showErrorMessage(
        trans.__('What kind of file?'),
        trans.__('Let the name end in .md for Markdown or in .ipynb for a notebook.')
      );
    } else if (await mayWrite(place, options)) {
      await options.contents.save(place, modelOf(chat, kind, options.trans));
      return place;
    }
  }
  return null;
}

async function askPath(path: string, { folder, trans }: ISaveOptions): Promise<string | null> {
  const { value, button } = await InputDialog.getText({
    title: trans.__('Export the chat'),
    label: folder
      ? trans.__('File (.md or .ipynb), in the folder %1', folder)
      : trans.__('File (.md or .ipynb)'),
    text: path,
    selectionRange: path.lastIndexOf('.'),
    okLabel: trans.__('Export')
  });
  return button.accept && value?.trim() ? value.trim() : null;
}

function placeOf(path: string, folder: string): string {
  return path.startsWith('/') ? path.slice(1) : PathExt.join(folder, path);
}

/** Whether nothing is there, or what is there may be overwritten. */
async function mayWrite(path: string, { contents, trans }: ISaveOptions): Promise<boolean> {
  let found: Contents.IModel;
  try {
    found = await contents.get(path, { content: false });
  } catch (error) {
    if ((error as { response?: Response }).response?.status === 404) {
      return true;
    }
    throw error;
  }
  if (found.type === 'directory') {
    await showErrorMessage(
      trans.__('This is a folder'),
      trans.__('%1 is a folder. Choose the name of a file.', path)
    );
    return false;
  }
  const { button } = await showDialog({
    title: trans.__('Overwrite the file?'),
    body: trans.__('There is a file %1 already.', path),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Overwrite') })
    ]
  });
  return button.accept;
}

function modelOf(
  chat: IExported,
  kind: ExportKind,
  trans: TranslationBundle
): Partial<Contents.IModel> {
  return kind === 'notebook'
    ? { type: 'notebook', format: 'json', content: toNotebook(chat, trans) }
    : { type: 'file', format: 'text', content: toMarkdown(chat, trans) };
}
