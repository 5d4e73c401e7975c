/** What a chat is called. */

import { TranslationBundle } from '@jupyterlab/translation';

import type { ChatDescription } from '../wire/api';

/** The title; a chat without one is named by its first prompt. */
export function titleOf(chat: { title: string }, trans: TranslationBundle): string {
  return chat.title || trans.__('New chat');
}

/** All that the list shows of a chat, as words. */
export function describe(
  chat: ChatDescription,
  { isUnread, isMine }: { isUnread: boolean; isMine: boolean },
  trans: TranslationBundle
): string {
  return [
    titleOf(chat, trans),
    isUnread ? trans.__('unread') : '',
    sharing(chat, isMine, trans) ?? ''
  ]
    .filter(Boolean)
    .join(', ');
}

/** Who shares the chat with whom, or null. */
export function sharing(
  chat: ChatDescription,
  isMine: boolean,
  trans: TranslationBundle
): string | null {
  if (!isMine) {
    return trans.__('shared by %1', chat.owner);
  }
  return chat.shared ? trans.__('shared by you') : null;
}
