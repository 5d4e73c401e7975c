/** The registries by which other extensions change the chat. */

import { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { Token } from '@lumino/coreutils';
import {
  IChatPanels,
  ICompleters,
  IMessageRenderers,
  IRegistered,
  IRegistry,
  IToolbarItems
} from 'jupyter-ai-tokens';

import { Registry } from '../registry';

function registry<T extends IRegistered>(
  name: string,
  provides: Token<IRegistry<T>>
): JupyterFrontEndPlugin<IRegistry<T>> {
  return {
    id: `jupyter-ai-ui:${name}`,
    description: provides.description,
    autoStart: true,
    provides,
    activate: () => new Registry<T>()
  };
}

export const registries = [
  registry('message-renderers', IMessageRenderers),
  registry('toolbar-items', IToolbarItems),
  registry('completers', ICompleters),
  registry('panels', IChatPanels)
];
