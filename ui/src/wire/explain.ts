/** Why there is no connection, in words, with the next step. */

import { TranslationBundle } from '@jupyterlab/translation';

import { VERSION } from '../version';
import { Api, Health } from './api';

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

/** Why the server's chat cannot be reached; null if that may come right by itself. */
export async function explain(
  api: Pick<Api, 'health'>,
  trans: TranslationBundle
): Promise<string | null> {
  try {
    return explainHealth(await api.health(), trans);
  } catch (error) {
    return explainStatus((error as { status?: number }).status ?? 0, trans);
  }
}

function explainStatus(status: number, trans: TranslationBundle): string | null {
  switch (status) {
    case 401:
    case 403:
      return trans.__(
        'The server does not let you use the chat. If your login has run out, reload the page and log in again; ' +
          'otherwise ask those who run the server.'
      );
    case 404:
      return trans.__(
        "The server's part of the chat is missing or not enabled. Install jupyter_ai into the environment in which " +
          'the server runs, see whether "jupyter server extension list" shows it enabled, and restart the server.'
      );
    default:
      return null; // no answer, or one of a proxy before a server that is starting
  }
}

function explainHealth(health: Health, trans: TranslationBundle): string | null {
  const server = health.versions.jupyter_ai;
  if (server !== undefined && series(server) !== series(VERSION)) {
    return trans.__(
      'The server runs version %1 of the chat and this page has version %2. Restart the server, then reload the page.',
      server,
      VERSION
    );
  }
  if (health.engine?.state === 'failed') {
    return trans.__(
      'The chat of the server did not start. Its log tells more; put that right and restart the server. %1',
      health.problems.join('; ')
    );
  }
  return null;
}

/** Major and minor: within them, old and new understand each other. */
function series(version: string): string {
  return version.split('.', 2).join('.');
}
