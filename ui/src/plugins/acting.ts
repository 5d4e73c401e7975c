/** The built-in buttons of messages and of the input. */

import { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { IToolbarItems } from 'jupyter-ai-tokens';

import { inputItems } from '../acting/input_items';
import { messageItems } from '../acting/message_items';
import { addBuiltIn } from '../registry';

export const acting: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-ai-ui:acting',
  description: 'What can be done with messages of the chat, and send and stop.',
  autoStart: true,
  requires: [IToolbarItems],
  optional: [ITranslator],
  activate: (_, items: IToolbarItems, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('jupyter_ai');
    for (const item of [...messageItems(trans), ...inputItems(trans)]) {
      addBuiltIn(items, item);
    }
  }
};
