/** The icon of suggestions. */

import { LabIcon } from '@jupyterlab/ui-components';

export const completeIcon = new LabIcon({
  name: 'jupyter-ai-ui:complete',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M4 4h6v2H8v12h2v2H4v-2h2V6H4z' +
    'M16 6l1.5 4.5L22 12l-4.5 1.5L16 18l-1.5-4.5L10 12l4.5-1.5z"/></svg>'
});
