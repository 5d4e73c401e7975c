/** What a person is told when the server refuses, in words and with the next step. */

import type { TranslationBundle } from '@jupyterlab/translation';

/** The words for an error of `Api`; its status is 0 where there was no answer at all. */
export function explainError(error: unknown, trans: TranslationBundle): string {
  const status = (error as { status?: number }).status;
  const message = error instanceof Error ? error.message : String(error);
  // What the server's extension refuses it tells by itself; what comes from before it does not.
  const { code } = error as { code?: string };
  const isPlain =
    code === undefined && /^(\d{3} |\d{3}$|Not Found|Forbidden|You may not )/.test(message);
  if (status === 0) {
    return trans.__(
      'The server does not answer. Look whether it runs and whether you are connected, then try again.'
    );
  }
  if (status === 404 && isPlain) {
    return trans.__(
      'The server does not know this: its extension is missing or older than this page. `jupyter server extension list` should show jupyter_ai; install or update it there, restart the server and reload this page.'
    );
  }
  if (status === 403 && isPlain) {
    return trans.__('You may not do this on this server. Log in again, or ask its administrator.');
  }
  return message;
}
