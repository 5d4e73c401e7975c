/** The chat's panel, its tabs in the main area, and its commands. */

import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, IThemeManager } from '@jupyterlab/apputils';
import { IDocumentManager } from '@jupyterlab/docmanager';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IChatPanels, ICompleters, IMessageRenderers, IToolbarItems } from 'jupyter-ai-tokens';

import { IChatServices } from '../chat/services';
import { ChatSession } from '../chat/session';
import { createChatView } from '../chat/view';
import { ChatActions } from '../panel/actions';
import { Chats } from '../panel/chats';
import { addCommands, CommandIDs } from '../panel/commands';
import { PanelHost } from '../panel/host';
import { panelItems } from '../panel/items';
import { MainArea } from '../panel/main_area';
import { ChatPanel } from '../panel/panel';
import { addBuiltIn } from '../registry';
import { createSettings, settingsSaved } from '../settings';
import { explain } from '../wire/explain';
import { ownPath } from '../writing/attaching';
import { settingsChanged } from '../writing/sending_key';
import { chatServices } from './chat';

const CATEGORY = 'Chat';
/** That this browser has shown the panel; the first time it opens by itself. */
const SHOWN = 'jupyter-ai:shown';

export const panel: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-ui:panel',
  description: 'The panel of the chat, its tabs in the main area, and its commands.',
  autoStart: true,
  requires: [IRenderMimeRegistry, IMessageRenderers, IToolbarItems, ICompleters, IChatPanels],
  optional: [
    ILabShell,
    ILayoutRestorer,
    ICommandPalette,
    ILauncher,
    IDefaultFileBrowser,
    INotebookTracker,
    IDocumentManager,
    IThemeManager,
    ITranslator
  ],
  activate: async (
    app: JupyterFrontEnd,
    rmRegistry: IRenderMimeRegistry,
    renderers: IMessageRenderers,
    toolbarItems: IToolbarItems,
    completers: ICompleters,
    panels: IChatPanels,
    labShell: ILabShell | null,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    fileBrowser: IDefaultFileBrowser | null,
    tracker: INotebookTracker | null,
    documents: IDocumentManager | null,
    themeManager: IThemeManager | null,
    translator: ITranslator | null
  ) => {
    const trans = (translator ?? nullTranslator).load('jupyter_ai');
    const services = await chatServices(app, {
      rmRegistry,
      renderers,
      toolbarItems,
      completers,
      tracker,
      documents,
      themeManager,
      translator
    });
    let shown: ChatPanel | null = null;
    // A server that is not the page's own may go unnoticed: most of what they say to each other stays the same.
    const check = async () => {
      const reason = await explain(services.api, trans);
      if (reason !== null) {
        shown?.tell(reason);
      }
    };
    const chats = openChats(services, () => void check());
    const createView = (area: 'sidebar' | 'main') => (session: ChatSession) =>
      createChatView({ session, area, services });
    const settings = () => createSettings({ api: services.api, translator: services.translator });
    const mainArea = labShell
      ? new MainArea({
          shell: labShell,
          chats,
          items: toolbarItems,
          trans,
          createView: createView('main'),
          createSettings: settings
        })
      : null;
    const actions = new ChatActions({
      chats,
      contents: services.contents,
      trans,
      folder: () => fileBrowser?.model.path ?? '',
      show: async path => {
        shown?.tell(trans.__('The chat was saved as %1.', path));
        if (labShell !== null) {
          await app.commands.execute('docmanager:open', { path });
        }
      }
    });

    addBuiltIn(panels, {
      id: 'panel',
      create: () => {
        shown = new ChatPanel({
          chats,
          items: toolbarItems,
          trans,
          createView: createView('sidebar'),
          createSettings: settings
        });
        return shown;
      }
    });
    const items = panelItems({
      chats,
      actions,
      trans,
      showSettings: () => (shown?.isVisible ? shown.showSettings() : mainArea?.openSettings()),
      openMain: mainArea === null ? null : async id => void mainArea.open(id)
    });
    for (const item of items) {
      addBuiltIn(toolbarItems, item);
    }

    let host: PanelHost | null = null;
    addCommands(app.commands, {
      chats,
      actions,
      trans,
      mainArea,
      session: () => shown?.session ?? null,
      openPanel: () => host?.activate(),
      showSettings: () => shown?.showSettings()
    });
    for (const command of Object.values(CommandIDs)) {
      if (app.commands.hasCommand(command)) {
        palette?.addItem({ command, category: trans.__(CATEGORY) });
      }
    }
    if (mainArea !== null) {
      launcher?.add({ command: CommandIDs.openMain, category: trans.__(CATEGORY), rank: 1 });
      void restorer?.restore(mainArea.tracker, {
        command: CommandIDs.openMain,
        args: ({ session }) => ({ id: session.id }),
        name: ({ session }) => session.id
      });
    }
    // Whoever wants another panel in its place has said so by then.
    void app.started.then(() => {
      host = new PanelHost(app.shell, panels, restorer);
      if (labShell !== null && !localStorage.getItem(SHOWN)) {
        localStorage.setItem(SHOWN, 'true');
        void labShell.restored.then(() => {
          shown?.keepQuiet();
          host?.activate();
        });
      }
    });
    settingsSaved.connect(() => settingsChanged.emit());
    void Promise.all([chats.load(), app.restored]).then(() => (chats.isLoaded ? check() : null));
  }
};

/** The notebook that was used last, if it is still open. */
function notebookOf({ tracker, contents }: IChatServices): string | null {
  const path = tracker?.currentWidget?.context.path;
  return path === undefined ? null : ownPath(path, contents);
}

function openChats(services: IChatServices, onRestart: () => void): Chats {
  const { api, user, translator } = services;
  const trans = translator.load('jupyter_ai');
  const chats: Chats = new Chats({
    api,
    storage: window.localStorage,
    username: user.username,
    explain: () => explain(api, trans),
    wait: milliseconds => new Promise(resolve => window.setTimeout(resolve, milliseconds)),
    open: ({ id, title }) =>
      new ChatSession({
        id,
        title,
        settings: api.settings,
        username: user.username,
        trans,
        onRestart,
        notebook: () => notebookOf(services),
        explain: async () => {
          const reason = await explain(api, trans);
          if (reason === null) {
            // A chat that was deleted while there was no connection is missing there.
            void chats.refresh();
          }
          return reason;
        }
      })
  });
  window.addEventListener('focus', () => void (chats.isLoaded ? chats.refresh() : chats.load()));
  return chats;
}
