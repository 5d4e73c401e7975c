/** What is told of a reply below it: that it was stopped, or cut. */

import { TranslationBundle } from '@jupyterlab/translation';
import { IChatMessage } from 'jupyter-ai-tokens';

const STOP_WORDS = '(AI response stopped by user)'; // the contract's last words of a stopped stream

/** Whether a reply tells of a failure, or was cut short by one. */
export function hasFailed(message: IChatMessage): boolean {
  return typeof message.metadata.error === 'object' && message.metadata.error !== null;
}

/** The mark of a reply, or null. */
export function markOf(message: IChatMessage, trans: TranslationBundle): string | null {
  if (message.metadata.stopped) {
    return trans.__('Stopped');
  }
  if (message.metadata.interrupted) {
    return trans.__('Interrupted: the connection to the model or the server was cut');
  }
  if (hasFailed(message) && message.streamed) {
    return trans.__('Cut short by an error');
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
