/** The command that has the server take in plug-ins that were installed, removed or edited. */

import { Notification } from '@jupyterlab/apputils';
import { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';

import { Api, ApiError } from '../wire/api';
import { IReloaded, told } from './reload';

export const RELOAD_PLUGINS = 'jupyter-ai-ui:reload-plugins';

const READ = 8000; // ms in which good news are read; JupyterLab shows at once only what has a time, or false

/** `reloaded` is called when other commands may be there. */
export function addReloadCommand(
  commands: CommandRegistry,
  api: Api,
  trans: TranslationBundle,
  reloaded: () => void
): void {
  commands.addCommand(RELOAD_PLUGINS, {
    label: trans.__("Reload the Chat's Plug-ins"),
    caption: trans.__('Take in plug-ins that were installed, removed or edited'),
    describedBy: { args: null },
    execute: async () => {
      try {
        const { text, isWell } = told(
          await api.request<IReloaded>('plugins/reload', 'POST', {}),
          trans
        );
        if (isWell) {
          Notification.success(text, { autoClose: READ });
        } else {
          Notification.warning(text, { autoClose: false });
        }
      } catch (error) {
        Notification.error(error instanceof ApiError ? error.message : String(error), {
          autoClose: false
        });
      }
      reloaded();
    }
  });
}
