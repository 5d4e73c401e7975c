/** Suggestions of code while one types, by JupyterLab's inline completer. */

import { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { ICompletionProviderManager, IInlineCompleterFactory } from '@jupyterlab/completer';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { IStatusBar } from '@jupyterlab/statusbar';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';

import { Completing } from '../completing';
import { CompletionCommandIDs } from '../completing/commands';

export const completing: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-ui:completing',
  description: 'Suggests code while one types, and tells which model does.',
  autoStart: true,
  // All are missing on pages without editors.
  optional: [
    ICompletionProviderManager,
    IInlineCompleterFactory,
    IEditorLanguageRegistry,
    ISettingRegistry,
    IStatusBar,
    ICommandPalette,
    ITranslator
  ],
  activate: (
    app: JupyterFrontEnd,
    manager: ICompletionProviderManager | null,
    factory: IInlineCompleterFactory | null,
    languages: IEditorLanguageRegistry | null,
    settings: ISettingRegistry | null,
    statusBar: IStatusBar | null,
    palette: ICommandPalette | null,
    translator: ITranslator | null
  ) => {
    if (manager === null || factory === null || languages === null) {
      return;
    }
    const trans = (translator ?? nullTranslator).load('jupyter_ai');
    const completing = new Completing({ app, manager, languages, settings, trans });
    manager.registerInlineProvider(completing.provider);
    completing.watch(factory);
    statusBar?.registerStatusItem('jupyter-ai-ui:completions', {
      item: completing.statusItem,
      align: 'right',
      rank: 90,
      isActive: () => completing.isWriting,
      activeStateChanged: completing.changed
    });
    const offered = Object.values(CompletionCommandIDs).filter(
      id => id !== CompletionCommandIDs.told
    );
    for (const command of offered) {
      palette?.addItem({ command, category: trans.__('Chat') });
    }
    for (const selector of [
      '.jp-Notebook .jp-CodeCell',
      '.jp-FileEditor',
      '.jp-CodeConsole-promptCell'
    ]) {
      app.contextMenu.addItem({ command: CompletionCommandIDs.ask, selector, rank: 9.5 });
    }
  }
};
