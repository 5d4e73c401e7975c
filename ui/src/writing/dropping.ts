/** What is dropped on the input: the component makes attachments of it, of which our server knows nothing. */

import { IAttachment } from '@jupyter/chat';
import { INotebookTracker } from '@jupyterlab/notebook';
import { Contents } from '@jupyterlab/services';
import { TranslationBundle } from '@jupyterlab/translation';

import { ICommandSource } from './command_list';
import { ISource, NotebookCell } from './sources';
import { asWord } from './word';

const COMMAND = '@file:';

export interface IDropOptions {
  readonly api: ICommandSource;
  readonly contents: Pick<Contents.IManager, 'localPath'>;
  readonly tracker: INotebookTracker | null;
  readonly trans: TranslationBundle;
}

/** What becomes of it: words of the prompt, something to be sent along, or why neither. */
export interface IDropped {
  readonly words?: string;
  readonly source?: ISource;
  readonly problem?: string;
}

export async function takeAttachment(
  attachment: IAttachment,
  options: IDropOptions
): Promise<IDropped> {
  const cells = attachment.type === 'notebook' ? (attachment.cells ?? []) : [];
  return cells.length > 0
    ? takeCells(
        attachment.value,
        cells.map(cell => cell.id),
        options
      )
    : await takeFile(attachment.value, options);
}

async function takeFile(path: string, { api, contents, trans }: IDropOptions): Promise<IDropped> {
  const name = contents.localPath(path);
  try {
    if ((await api.options(COMMAND.slice(0, -1))).some(option => option.label === COMMAND)) {
      return { words: COMMAND + asWord(name) };
    }
  } catch (error) {
    return { problem: trans.__('%1 was not added: %2', name, (error as Error).message) };
  }
  return {
    problem: trans.__(
      '%1 was not added: the chat cannot read files, as the server has no @file command.',
      name
    )
  };
}

function takeCells(path: string, ids: string[], { tracker, trans }: IDropOptions): IDropped {
  const panel = tracker?.find(widget => widget.context.path === path);
  if (panel === undefined) {
    return { problem: trans.__('The notebook %1 is not open.', path) };
  }
  return {
    source: new NotebookCell(panel, ids[0], false),
    problem:
      ids.length > 1
        ? trans.__('Only one cell can be sent along: the first one was taken.')
        : undefined
  };
}
