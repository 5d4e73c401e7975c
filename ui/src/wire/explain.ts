/** Why there is no connection, in words, with the next step. */

import { TranslationBundle } from '@jupyterlab/translation';

const DELETED = 4404;
const NOT_SHARED = 4403;

/** What a close code of the server means. */
export function explainClose(code: number, trans: TranslationBundle): string {
  switch (code) {
    case DELETED:
      return trans.__('This chat was deleted. Choose another one.');
    case NOT_SHARED:
      return trans.__('This chat is not shared any more. Choose another one.');
    default:
      return trans.__('The server closed the connection (code %1).', code);
  }
}
