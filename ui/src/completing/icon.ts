/** The icon of suggestions. */

import { LabIcon } from '@jupyterlab/ui-components';

export const completeIcon = new LabIcon({
  name: 'jupyter-ai-ui:complete',
  svgstr:
    '<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">' +
    '<path class="jp-icon3 jp-icon-selectable" fill="#616161" d="M3 5h11v2H3zm0 6h7v2H3zm0 6h9v2H3z' +
    'M17 8l1.3 3.7L22 13l-3.7 1.3L17 18l-1.3-3.7L12 13l3.7-1.3z"/></svg>'
});
