/** What is told of a reply below it: that it was stopped, or cut. */

import { TranslationBundle } from '@jupyterlab/translation';
import { IChatMessage } from 'jupyter-ai-tokens';

const STOP_WORDS = '(AI response stopped by user)'; // the contract's last words of a stopped stream

/** The mark of a reply, or null. */
export function markOf(message: IChatMessage, trans: TranslationBundle): string | null {
  if (message.metadata.stopped) {
    return trans.__('Stopped');
  }
  if (message.metadata.interrupted) {
    return trans.__('Interrupted: the connection to the model or the server was cut');
  }
  return null;
}

/** A stopped reply without the words that tell so: the mark does. */
export function withoutStopWords(message: IChatMessage): IChatMessage {
  if (!message.metadata.stopped || !message.body.endsWith(STOP_WORDS)) {
    return message;
  }
  return { ...message, body: message.body.slice(0, -STOP_WORDS.length).trimEnd() };
}
