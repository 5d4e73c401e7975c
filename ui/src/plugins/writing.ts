/** The built-in completer, and what can be sent along with a prompt. */

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { ICompleters, IToolbarItems } from 'jupyter-ai-tokens';

import { addBuiltIn } from '../registry';
import { Api } from '../wire/api';
import { attachItem } from '../writing/attach_item';
import { CommandCompleter, CommandLists } from '../writing/command_list';
import {
  addIncludeCommands,
  INCLUDE_CELL,
  INCLUDE_ERROR,
  INCLUDE_SELECTION,
  includeItem
} from '../writing/include_commands';
import { addReloadCommand, RELOAD_PLUGINS } from '../writing/reload_command';
import { settingsChanged } from '../writing/sending_key';

export const writing: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-ui:writing',
  description:
    'Completes and reloads the commands of prompts; sends files, cells and selected text along.',
  autoStart: true,
  requires: [ICompleters, IToolbarItems],
  optional: [INotebookTracker, IDocumentManager, ICommandPalette, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    completers: ICompleters,
    items: IToolbarItems,
    tracker: INotebookTracker | null,
    documents: IDocumentManager | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_ai');
    const { commands } = app;

    const api = new Api(app.serviceManager.serverSettings);
    const lists = new CommandLists(api);
    settingsChanged.connect(() => lists.forget());
    window.addEventListener('focus', () => lists.forget());
    addBuiltIn(completers, new CommandCompleter(api, lists));

    addIncludeCommands(commands, tracker, trans);
    addBuiltIn(items, includeItem(commands, trans));
    const { contents } = app.serviceManager;
    if (documents !== null) {
      addBuiltIn(items, attachItem(documents, contents, translator ?? nullTranslator));
    }
    addReloadCommand(commands, api, trans, () => lists.forget());
    for (const command of [INCLUDE_SELECTION, INCLUDE_CELL, INCLUDE_ERROR, RELOAD_PLUGINS]) {
      palette?.addItem({ command, category: trans.__('Chat') });
    }
    const ofCell = { args: { ofCell: true }, rank: 9 };
    app.contextMenu.addItem({
      ...ofCell,
      command: INCLUDE_CELL,
      selector: '.jp-Notebook .jp-Cell'
    });
    app.contextMenu.addItem({
      ...ofCell,
      command: INCLUDE_ERROR,
      selector: '.jp-Notebook .jp-CodeCell'
    });
  }
};
