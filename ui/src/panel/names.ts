/** What a chat is called. */

import { TranslationBundle } from '@jupyterlab/translation';

import type { ChatDescription } from '../wire/api';

const TURNS = /[\u202a-\u202e\u2066-\u2069]/g; // would write the words around a title backwards
const SEEN = /[^\s\p{C}\p{DI}]/u;

/** The title; a chat without one, or with one that cannot be seen, is named by its first prompt. */
export function titleOf(chat: { title: string }, trans: TranslationBundle): string {
  return SEEN.test(chat.title) ? chat.title.replace(TURNS, '') : trans.__('New chat');
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
