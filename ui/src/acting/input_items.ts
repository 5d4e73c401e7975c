/** The built-in buttons of the input: send and stop. */

import { TranslationBundle } from '@jupyterlab/translation';
import { LabIcon, stopIcon } from '@jupyterlab/ui-components';
import { IToolbarItem } from 'jupyter-ai-tokens';

import { ChatSession } from '../chat/session';

const sendIcon = new LabIcon({
  name: 'jupyter-ai-ui:send',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<path class="jp-icon3" fill="#616161" d="M3 20.5 21.5 12 3 3.5v6.6l12 1.9-12 1.9z"/></svg>'
});

export function inputItems(trans: TranslationBundle): IToolbarItem[] {
  return [
    {
      id: 'stop',
      rank: 90,
      place: 'input',
      label: trans.__('Stop the answer (Escape)'),
      icon: stopIcon,
      isVisible: ({ chat }) => chat.busy,
      execute: ({ chat }) => chat.stop()
    },
    {
      id: 'send',
      rank: 100,
      place: 'input',
      label: trans.__('Send'),
      icon: sendIcon,
      isEnabled: ({ chat }) => {
        const { state, writing } = chat as ChatSession;
        return state === 'connected' && !writing.isEmpty;
      },
      execute: ({ chat }) => (chat as ChatSession).submit()
    }
  ];
}
